/**
 * Peers that are none: each must fail nearly everything, or the suite proves nothing.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { PeerRole, Target } from "@turnmux/conformance";
import type { Mutant } from "../mutants/mutant.ts";
import { mutantTarget } from "../reference.ts";

/** What a peer does that speaks no turnmux at all. */
export type Noise = "closes" | "silent" | "noise" | "marked-noise";

/** A peer that is none. */
export interface DegeneratePeer {
  readonly id: string;
  /** What it does, as a sentence without a subject. */
  readonly does: string;
  /** Of the cases that are not unsupported, the share that must not pass. */
  readonly mustFail: number;
  readonly target: (role: "gateway" | "client") => Target;
}

const CHANNEL = "packages/core/src/channel/channel.ts";
const DISPATCHER = "packages/core/src/session/dispatcher.ts";

/** The share of its cases that a peer has to fail which is none. */
export const NEARLY_ALL = 0.95;

/** That of one which is a peer but for one thing. */
const SOME = 0.05;

const OPEN_SESSION = "    if (this.#sink !== undefined) {\n      if (!this.#heard) {";
const DISPATCH = "    const found = this.#find(event.tool);\n";

/** The reference, up to the end of its handshake. */
export const FAULTS: readonly Mutant[] = [
  fault("degenerate.deaf", "shakes hands, and is silent for ever", [
    {
      file: CHANNEL,
      find: OPEN_SESSION,
      replace:
        "    if (this.#sink !== undefined) return;\n    if (this.#sink !== undefined) {\n      if (!this.#heard) {",
    },
    {
      file: CHANNEL,
      find: "    const frames = this.#outbox.nextFrames(",
      replace: "    if (this.#sink !== undefined) return undefined;\n    const frames = this.#outbox.nextFrames(",
    },
  ]),
  fault("degenerate.echo", "shakes hands, and then sends back whatever it gets", [
    {
      file: CHANNEL,
      find: OPEN_SESSION,
      replace: `    if (this.#sink !== undefined) {
      const copy = message instanceof Uint8Array ? message.slice() : message;
      if (copy instanceof Uint8Array) copy.set(this.peerTag, 2);
      (this.echoes ??= []).push(copy);
      this.#moved = true;
      return;
    }
    if (this.#sink !== undefined) {
      if (!this.#heard) {`,
    },
    {
      file: CHANNEL,
      find: "    const frames = this.#outbox.nextFrames(",
      replace:
        "    if (this.echoes?.length > 0) return this.echoes.shift();\n    const frames = this.#outbox.nextFrames(",
    },
  ]),
  fault("degenerate.nothing", "ends every call with ok and nothing", [
    {
      file: DISPATCHER,
      find: DISPATCH,
      replace: `    if (port !== undefined) return port.end(event.call, { ok: true, body: NO_BODY });\n${DISPATCH}`,
    },
  ]),
  fault("degenerate.refuses-calls", "refuses every call", [
    {
      file: DISPATCHER,
      find: DISPATCH,
      replace: `    if (port !== undefined) return this.#refuse(port, event, failed("unavailable", "no", "not_started"));\n${DISPATCH}`,
    },
  ]),
  fault("degenerate.no-pong", "never answers a PING", [
    {
      file: CHANNEL,
      find: "          this.#outbox.sayPong(",
      replace: "          ((..._: unknown[]) => {})(",
    },
  ]),
];

/** All of them. */
export const DEGENERATE_PEERS: readonly DegeneratePeer[] = [
  noise("closes", "closes every connection at once"),
  noise("silent", "takes connections, and says nothing"),
  noise("noise", "sends octets at random"),
  noise("marked-noise", "sends octets at random behind the mark of turnmux"),
  ...FAULTS.map(
    (faulty): DegeneratePeer => ({
      id: faulty.id,
      does: faulty.why,
      // What asks for no PONG it may well pass.
      mustFail: faulty.id === "degenerate.no-pong" ? SOME : NEARLY_ALL,
      target: (role) => mutantTarget(role, faulty),
    }),
  ),
];

function fault(id: string, why: string, edits: Mutant["edits"]): Mutant {
  const roles: readonly PeerRole[] = ["gateway", "client"];
  return { id, breaks: "", roles, why, edits };
}

function noise(kind: Noise, does: string): DegeneratePeer {
  return {
    id: `degenerate.${kind}`,
    does,
    mustFail: NEARLY_ALL,
    target: (role) => ({
      command: [process.execPath, fileURLToPath(new URL(`${role}.ts`, import.meta.url)), kind],
      environment: {},
    }),
  };
}
