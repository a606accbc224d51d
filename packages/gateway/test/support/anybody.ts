/** A method of proof that every proof passes. A file of its own: an I/O thread can load it. */
import type { ProofMethod } from "@turnmux/gateway";

export const anybody: ProofMethod = { name: "anybody", verify: () => ({ principal: "raw", scopes: [] }) };
