/**
 * Faults in keys and the journal.
 *
 * @module
 */
import { plant, type PlantedFault } from "./fault.ts";

const AFTERMATH = "session/aftermath.ts";
const KEYED = "session/keyed-calls.ts";

/** See the module's comment. */
export const keyFaults: readonly PlantedFault[] = [
  plant(
    "a call is accepted before the journal holds it",
    1_000,
    KEYED,
    "const verdict = await once.claim(principal, key, callId, execution);",
    'execution.accept({ state: "running" });\nconst verdict = await once.claim(principal, key, callId, execution);',
  ),
  plant(
    "a key is compared without its principal",
    5_000,
    "session/recorder.ts",
    "return `${principal.length}:${principal}${key}`;",
    "return key;",
  ),
  {
    name: "a key is lost with its session",
    within: 2_000,
    changes: [
      {
        file: "packages/core/src/session/dispatcher.ts",
        find: "      once: this.#once,\n      lanes: this.#lanes,\n      environment: this.environment,\n      execute:",
        replace:
          "      once: this.#once?.another(),\n      lanes: this.#lanes,\n      environment: this.environment,\n      execute:",
      },
      {
        file: "packages/core/src/session/once.ts",
        find: "  get running(): number {",
        replace:
          "  another(): OnceCalls { return new OnceCalls(this.#journal, this.#environment); }\n  get running(): number {",
      },
    ],
  },
  plant(
    "a key that comes again with other arguments is taken for the same call",
    1_000,
    "journal/fingerprint.ts",
    "args === undefined ? [tool] : [tool, args]",
    "args === null ? [tool, args] : [tool]",
  ),
  plant(
    "a call that ran when its side died runs again in silence",
    1_000,
    "session/once.ts",
    'return { kind: "abandoned", callId: verdict.callId };\n    case "settled"',
    'return { kind: "run" };\n    case "settled"',
  ),
  plant(
    "an ending that the journal refused is forgotten",
    20_000,
    "session/recorder.ts",
    "if (!recorded) for (const entry of entries) this.#keep(entry);",
    "",
  ),
  plant(
    "a key is free before its ending is recorded",
    2_000,
    "session/once.ts",
    "if (freesKey(settled)) await this.settle(principal, key, settled);",
    "if (freesKey(settled)) this.release(principal, key);",
  ),
  plant(
    "a call is opened again under a new key",
    1_000,
    "session/caller.ts",
    "call.number = port.open({ tool, callId, key, deadline, priority, turn, lineage, trace, meta, body });",
    "call.number = port.open({ tool, callId, key: call.cut === undefined ? key : this.#session.environment.id(), deadline, priority, turn, lineage, trace, meta, body });",
  ),
  plant(
    "a run that had its effect before a crash is repeated although its tool knows of it",
    5_000,
    AFTERMATH,
    'return { kind: "settled", settled: await checkedResult(tool, found.result, environment) };',
    'return { kind: "run" };',
  ),
  plant(
    "a call runs again after a crash although its tool does not say that it may",
    2_000,
    AFTERMATH,
    'contract.afterCrash === "run" ?',
    "contract.afterCrash !== undefined ?",
  ),
  plant(
    "a turn that tries again does so under a new key",
    2_000,
    "session/retries.ts",
    "const key = taken?.key ?? request.key;",
    "const key = request.key;",
  ),
  plant(
    "nothing is said to be known of a call that ran before a crash",
    8_000,
    "session/inquiries.ts",
    "if (record === undefined) return",
    "if (record?.ending === undefined) return",
  ),
];
