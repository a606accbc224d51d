/**
 * Where the keys are that clients prove: a record, or a function that looks them up.
 *
 * @module
 */

/**
 * Finds what belongs to a key id, in a database say; undefined where nobody has it.
 *
 * The key id comes from the network unchecked. What a lookup throws or rejects with reads as a wrong proof to the
 * client. A lookup that takes longer for known ids tells them apart from unknown ones: that part is its own to avoid.
 */
export type KeyLookup<T> = (keyId: string) => Promise<T | undefined> | T | undefined;

/** A lookup in a copy of `entries`. Only a record's own properties count. */
export function keyring<T>(entries: Readonly<Record<string, T>> | KeyLookup<T>): KeyLookup<T> {
  if (typeof entries === "function") return entries;
  const copy = new Map(Object.entries(entries));
  return (keyId) => copy.get(keyId);
}
