/**
 * What is looked up by a number that only grows, such as calls and streams.
 *
 * A `Map` would do, were it not for garbage collectors: a map that lives long and changes often leaves a table of
 * its former entries behind every few dozen changes, in the part of the heap that is seldom looked through, and each keeps alive what it
 * held. Here what was deleted is let go of in place.
 *
 * @module
 */

/** Of tables that were never used, and of those that were cleared: one place, which stays free, as a number needs two. */
const NO_KEYS: number[] = [0];
const NO_VALUES: undefined[] = [undefined];

/** Values by number. The numbers are whole and greater than 0. */
export class NumberTable<T> {
  /** Open addressing: 0 where a place is free. The length is a power of two, and at least twice {@link size}. */
  #keys: number[] = NO_KEYS;
  #values: (T | undefined)[] = NO_VALUES;
  #size = 0;
  /** Those that do not stand at their own place, since it was taken. */
  #astray = 0;
  /** Holds all of them in place of the above, until the table is empty again: see {@link FAR}. */
  #map: Map<number, T> | undefined;

  /** How many there are. */
  get size(): number {
    return this.#map?.size ?? this.#size;
  }

  get(key: number): T | undefined {
    if (this.#map !== undefined) return this.#map.get(key);
    return this.#values[this.#placeOf(key)];
  }

  has(key: number): boolean {
    if (this.#map !== undefined) return this.#map.has(key);
    return key !== 0 && this.#keys[this.#placeOf(key)] === key;
  }

  set(key: number, value: T): void {
    if (this.#map !== undefined) {
      this.#map.set(key, value);
      return;
    }
    let place = this.#placeOf(key);
    if (this.#keys[place] !== key) {
      if (((place - key) & (this.#keys.length - 1)) > FAR) {
        this.#toMap().set(key, value);
        return;
      }
      if ((this.#size + 1) * 2 > this.#keys.length) {
        this.#grow();
        place = this.#placeOf(key);
      }
      this.#keys[place] = key;
      this.#size += 1;
      if (place !== (key & (this.#keys.length - 1))) this.#astray += 1;
    }
    this.#values[place] = value;
  }

  /** True where there was one. */
  delete(key: number): boolean {
    if (this.#map !== undefined) {
      const deleted = this.#map.delete(key);
      if (this.#map.size === 0) this.#map = undefined;
      return deleted;
    }
    const keys = this.#keys;
    const values = this.#values;
    const mask = keys.length - 1;
    let free = this.#placeOf(key);
    if (keys[free] !== key || key === 0) return false;
    if (free !== (key & mask)) this.#astray -= 1;
    // What stands behind it because its own place was taken moves up. Numbers that follow one another have their own places, and
    // there may be thousands in a row: they are not looked at.
    for (let place = (free + 1) & mask; this.#astray > 0; place = (place + 1) & mask) {
      const other = keys[place] ?? 0;
      if (other === 0) break;
      if (((place - other) & mask) >= ((place - free) & mask)) {
        keys[free] = other;
        values[free] = values[place];
        if (free === (other & mask)) this.#astray -= 1;
        free = place;
      }
    }
    keys[free] = 0;
    values[free] = undefined;
    this.#size -= 1;
    if (this.#size === 0 && keys.length > KEPT_PLACES) this.#shrink();
    return true;
  }

  /** It is empty, and keeps as many places as few numbers need. */
  #shrink(): void {
    // All of them are free.
    this.#keys = this.#keys.slice(0, KEPT_PLACES);
    this.#values = this.#values.slice(0, KEPT_PLACES);
    this.#astray = 0;
  }

  clear(): void {
    // A table that is let go of must hold nothing: see the module's comment.
    this.#values.fill(undefined);
    this.#keys = NO_KEYS;
    this.#values = NO_VALUES;
    this.#size = 0;
    this.#astray = 0;
    this.#map = undefined;
  }

  /** The numbers that are there now, in their order: that in which they came. */
  keys(): number[] {
    const keys = this.#map === undefined ? this.#keys.filter((key) => key !== 0) : [...this.#map.keys()];
    return keys.sort((a, b) => a - b);
  }

  /** What is there now, in the order of the numbers. What is deleted or added meanwhile makes no difference. */
  values(): T[] {
    // Each of these keys has a value.
    return this.keys().map((key) => this.get(key) as T);
  }

  /** Where the number stands, or the free place where it would. */
  #placeOf(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let place = key & mask;
    for (let found = keys[place]; found !== key && found !== 0; found = keys[place]) place = (place + 1) & mask;
    return place;
  }

  #toMap(): Map<number, T> {
    const keys = this.keys();
    const values = this.values();
    this.clear();
    this.#map = new Map(keys.map((key, i) => [key, values[i] as T]));
    return this.#map;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const length = Math.max(LEAST_PLACES, keys.length * 2);
    this.#keys = filled(length, 0);
    this.#values = filled<T | undefined>(length, undefined);
    this.#astray = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? 0;
      if (key === 0) continue;
      const place = this.#placeOf(key);
      this.#keys[place] = key;
      this.#values[place] = values[i];
      if (place !== (key & (length - 1))) this.#astray += 1;
    }
    values.fill(undefined);
  }
}

/**
 * How far from its own place a number may stand. A peer chooses its numbers, and may choose such as all have the same place: each would
 * be looked for behind all the others. Those that count by ones or twos, as they should, stay close to theirs.
 */
const FAR = 64;

/** Places of a table that was used. As few as one number needs: many sessions have one call at a time. */
const LEAST_PLACES = 2;

/** Places that an empty table keeps for what comes next. */
const KEPT_PLACES = 256;

/** A list of so many places. `Array.from` takes ten times as long. */
function filled<V>(length: number, value: V): V[] {
  const places: V[] = [];
  places.length = length;
  return places.fill(value);
}
