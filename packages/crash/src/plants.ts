/**
 * Faults that a run can be asked to have, to see that it finds them.
 *
 * @module
 */

const plants = {
  "memory-journal": "the gateway's journal forgets when its process ends",
  "new-key": "a client that asks again takes a new key",
  "late-effect": "handlers return before their effect is in the ledger",
  "false-failure": "a handler says that it failed, after its effect",
  "lost-line": "an effect is taken out of the ledger",
  "no-ending": "a client does not hear how one of its calls ended",
  "wrong-result": "a handler's result names another effect",
} as const;

/** The name of a planted fault. */
export type Plant = keyof typeof plants;

/** Every planted fault, and what is wrong then. */
export const PLANTS: Readonly<Record<Plant, string>> = plants;

/** Whether this is the name of a planted fault. */
export function isPlant(name: string): name is Plant {
  return Object.hasOwn(plants, name);
}
