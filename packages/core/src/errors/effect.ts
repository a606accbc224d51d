/**
 * Small vocabularies of calls and their wire values: effect, priority, and the states of ACCEPT. `docs/spec.md`
 * sections 6 and 8.
 *
 * @module
 */

const effects = { read: 0, idempotent: 1, once: 2 } as const;
const priorities = { interactive: 0, normal: 1, bulk: 2 } as const;
const acceptStates = { running: 0, queued: 1, joined: 2, replayed: 3, waiting: 4 } as const;

/**
 * What a tool does to the world.
 *
 * - `"read"`: nothing
 * - `"idempotent"`: the same whether it runs once or more often
 * - `"once"`: something that must not happen twice; such calls have a key and a journal
 */
export type Effect = keyof typeof effects;

/** How urgent a call is. `"normal"` where nobody says. */
export type Priority = keyof typeof priorities;

/**
 * What the receiver says when it takes a call.
 *
 * - `"running"`: the handler runs
 * - `"queued"`: it waits for its turn
 * - `"joined"`: a call with the same key runs; both get its result
 * - `"replayed"`: a call with the same key ended; its ending follows
 * - `"waiting"`: it waits for a person or another system
 */
export type AcceptState = keyof typeof acceptStates;

/** Every effect and its wire value in OFFER. */
export const Effects: Readonly<Record<Effect, number>> = effects;

/** Every priority and its wire value in OPEN. */
export const Priorities: Readonly<Record<Priority, number>> = priorities;

/** Every state and its wire value in ACCEPT. */
export const AcceptStates: Readonly<Record<AcceptState, number>> = acceptStates;

const effectNames: readonly Effect[] = Object.keys(effects) as Effect[];
const priorityNames: readonly Priority[] = Object.keys(priorities) as Priority[];
const acceptStateNames: readonly AcceptState[] = Object.keys(acceptStates) as AcceptState[];

/** The wire value of an effect: 0 to 2. */
export function effectToWire(effect: Effect): number {
  return effects[effect];
}

/** The effect of a wire value, or undefined where no effect has it. */
export function effectFromWire(value: number): Effect | undefined {
  return effectNames[value];
}

/** Whether a string is the name of an effect. */
export function isEffect(name: unknown): name is Effect {
  return typeof name === "string" && Object.hasOwn(effects, name);
}

/** Whether a string is the name of a priority. */
export function isPriority(name: unknown): name is Priority {
  return typeof name === "string" && Object.hasOwn(priorities, name);
}

/** The wire value of a priority: 0 to 2. */
export function priorityToWire(priority: Priority): number {
  return priorities[priority];
}

/** The priority of a wire value, or undefined where no priority has it. */
export function priorityFromWire(value: number): Priority | undefined {
  return priorityNames[value];
}

/** The wire value of a state of ACCEPT: 0 to 4. */
export function acceptStateToWire(state: AcceptState): number {
  return acceptStates[state];
}

/** The state of ACCEPT of a wire value, or undefined where no state has it. */
export function acceptStateFromWire(value: number): AcceptState | undefined {
  return acceptStateNames[value];
}
