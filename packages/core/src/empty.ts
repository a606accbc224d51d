/**
 * Stand-ins for maps and sets that most sessions never put anything into. An empty map takes about 180 octets, a session would
 * have a dozen of them, and a gateway ten thousand sessions. Whoever puts something in makes a map of its own first:
 *
 * ```ts
 * if (this.#places === EMPTY_MAP) this.#places = new Map();
 * ```
 *
 * @module
 */

class EmptyMap extends Map<never, never> {
  override set(): never {
    throw new Error("the empty map that all share takes no entries");
  }
}

class EmptySet extends Set<never> {
  override add(): never {
    throw new Error("the empty set that all share takes no entries");
  }
}

/** Empty for good. Reading and deleting are harmless. */
export const EMPTY_MAP: Map<never, never> = new EmptyMap();

/** Empty for good. Reading and deleting are harmless. */
export const EMPTY_SET: Set<never> = new EmptySet();
