/**
 * How the reference peers are started.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { PeerRole, Target } from "@turnmux/conformance";
import { MUTANT_VARIABLE } from "./mutants/misfit.ts";
import type { Mutant } from "./mutants/mutant.ts";

const PROGRAMS: Readonly<Record<PeerRole, string>> = {
  gateway: pathOf("peers/gateway.ts"),
  client: pathOf("peers/client.ts"),
  behaviour: pathOf("peers/in-process.ts"),
};

const NODE_OPTIONS = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning"];

/** Halves the time that a start takes. */
const ENVIRONMENT = { NODE_COMPILE_CACHE: pathOf("../../../.cache/conformance/compiled") };

/** A reference peer: from its sources, or from the file that was made of them. */
export function referenceTarget(role: PeerRole, file: string = PROGRAMS[role]): Target {
  return { command: [process.execPath, ...NODE_OPTIONS, file], environment: ENVIRONMENT };
}

/** A reference peer with a fault in it. */
export function mutantTarget(role: PeerRole, { id, edits }: Pick<Mutant, "id" | "edits">): Target {
  const hook = `--import=${new URL("mutants/hook.ts", import.meta.url).href}`;
  return {
    command: [process.execPath, ...NODE_OPTIONS, hook, PROGRAMS[role]],
    // What was compiled of one mutant is nothing for another.
    environment: { NODE_DISABLE_COMPILE_CACHE: "1", [MUTANT_VARIABLE]: JSON.stringify({ id, edits }) },
  };
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
