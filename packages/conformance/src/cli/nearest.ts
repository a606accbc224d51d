/**
 * What somebody may have meant.
 *
 * @module
 */

/** How many names are worth showing. */
const SHOWN = 3;

/** Those of `names` that are most like `text`, the nearest first; none that is not much like it. */
export function nearestTo(text: string, names: readonly string[]): string[] {
  const wanted = text.toLowerCase();
  const most = Math.max(2, Math.floor(wanted.length / 3));
  return names
    .map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, SHOWN)
    .map(({ name }) => name);
}

/** Insertions, deletions and replacements of one character; what is a part of the other counts as near. */
function distanceOf(a: string, b: string): number {
  if (a.length > 3 && b.includes(a)) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
