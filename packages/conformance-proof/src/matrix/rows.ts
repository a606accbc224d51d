/**
 * The rows of the matrix: whom the suite is run against.
 *
 * @module
 */

import type { PeerRole, Target, Way } from "@turnmux/conformance";
import type { Programs } from "../bundle.ts";
import { referenceTarget } from "../reference.ts";
import { findPython, pythonTarget } from "./python.ts";

/** One peer, reached in one way. */
export interface Row {
  /** For the command line: `gateway-binary`. */
  readonly name: string;
  /** For people: what it is made of. */
  readonly peer: string;
  /** For people: how it is reached. */
  readonly over: string;
  readonly part: "reference" | "python";
  readonly role: PeerRole;
  readonly way: Way;
  readonly target: Target;
}

/** The rows, and why some are not there. */
export interface Rows {
  readonly rows: readonly Row[];
  /** Sentences. */
  readonly missing: readonly string[];
}

const OVER: Readonly<Record<Way, string>> = {
  binary: "a socket of its own, binary",
  text: "a socket of its own, text",
  shared: "a host's socket, binary",
  wrapped: "a host's messages (wrapped)",
};

const WAYS: readonly Way[] = ["binary", "text", "shared", "wrapped"];

const ROLES = ["gateway", "client"] as const;

/** All rows, as far as this machine has what they need. `files`: those of the reference peers, in place of their sources. */
export function allRows(files: Partial<Programs["files"]> = {}): Rows {
  const rows: Row[] = [];
  for (const role of ROLES) {
    for (const way of WAYS) {
      rows.push({
        name: `${role}-${way}`,
        peer: `\`@turnmux/${role}\``,
        over: OVER[way],
        part: "reference",
        role,
        way,
        target: referenceTarget(role, files[role]),
      });
    }
  }
  rows.push({
    name: "in-process",
    peer: "`@turnmux/gateway`",
    over: "one process, without a socket",
    part: "reference",
    role: "behaviour",
    way: "binary",
    target: referenceTarget("behaviour", files.behaviour),
  });
  const python = findPython();
  if (!python.found) return { rows, missing: [`The Python peers are left out: ${python.why}.`] };
  for (const role of ROLES) {
    const target = pythonTarget(python.program, role);
    if (target === undefined) {
      return { rows, missing: ["The Python peers are left out: examples/python-peer/peer.py is not there."] };
    }
    for (const way of WAYS) {
      rows.push({
        name: `python-${role}-${way}`,
        peer: `\`examples/python-peer\`, ${role}`,
        over: OVER[way],
        part: "python",
        role,
        way,
        target,
      });
    }
  }
  return { rows, missing: [] };
}
