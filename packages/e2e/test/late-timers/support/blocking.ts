/** How a program blocks its event loop until a test lets go of it. */

/** Words of the memory that both share. */
const Word = { blocked: 0, released: 1, nothing: 2 } as const;

/** Makes the memory of a program. */
export function sharedMemory(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * 3));
}

/** In the program: nothing runs until the test lets go, and until this many milliseconds have passed. */
export function block(memory: Int32Array<SharedArrayBuffer>, milliseconds: number): void {
  const until = performance.now() + milliseconds;
  Atomics.store(memory, Word.blocked, 1);
  while (Atomics.load(memory, Word.released) === 0) Atomics.wait(memory, Word.released, 0);
  const left = until - performance.now();
  if (left > 0) Atomics.wait(memory, Word.nothing, 0, left);
}

/** In the test: whether the program is blocked. */
export function isBlocked(memory: Int32Array<SharedArrayBuffer>): boolean {
  return Atomics.load(memory, Word.blocked) === 1;
}

/** In the test: lets go of the program. */
export function release(memory: Int32Array<SharedArrayBuffer>): void {
  Atomics.store(memory, Word.released, 1);
  Atomics.notify(memory, Word.released);
}
