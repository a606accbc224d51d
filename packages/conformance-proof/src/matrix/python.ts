/**
 * The peers in Python, and which Python runs them.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Target } from "@turnmux/conformance";

const FOLDER = new URL("../../../../examples/python-peer/", import.meta.url);

const CANDIDATES = ["python3", "/usr/bin/python3"] as const;

/** What the peers import that does not come with Python, and the packages of Debian that have it. */
const MODULES = "import websockets, msgpack, cryptography";

const PACKAGES = "python3-websockets python3-msgpack python3-cryptography";

/** A Python that can run the peers, or why there is none. */
export type Python =
  | { readonly found: true; readonly program: string }
  | { readonly found: false; readonly why: string };

/** Looks for one. */
export function findPython(): Python {
  const chosen = process.env["TURNMUX_PYTHON"] ?? "";
  const candidates = chosen === "" ? CANDIDATES : [chosen];
  for (const program of candidates) {
    if (spawnSync(program, ["-c", MODULES], { stdio: "ignore" }).status === 0) return { found: true, program };
  }
  const tried = candidates.join(" and ");
  return {
    found: false,
    why: `${tried} cannot run "${MODULES}": on Debian install ${PACKAGES}, or set TURNMUX_PYTHON`,
  };
}

const PROGRAM = fileURLToPath(new URL("peer.py", FOLDER));

/** A peer in Python; undefined where its program is not there. */
export function pythonTarget(python: string, role: "gateway" | "client"): Target | undefined {
  if (!existsSync(PROGRAM)) return undefined;
  return { command: [python, PROGRAM, role], environment: { PYTHONDONTWRITEBYTECODE: "1" } };
}
