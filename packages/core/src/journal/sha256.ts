/**
 * SHA-256 (FIPS 180-4), since the core can name no runtime's own: WebCrypto answers later, and `node:crypto` is not everywhere.
 *
 * @module
 */

const blockSize = 64;

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const roundConstants = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
);

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
const initialState = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const;

/** The SHA-256 digest of the octets, as 64 lower-case hexadecimal digits. */
export function sha256Hex(octets: Uint8Array): string {
  const state = Int32Array.from(initialState);
  const schedule = new Int32Array(64);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const whole = octets.length - (octets.length % blockSize);
  for (let offset = 0; offset < whole; offset += blockSize) compress(state, schedule, view, offset);

  const tail = padded(octets.subarray(whole), octets.length);
  for (let offset = 0; offset < tail.byteLength; offset += blockSize) compress(state, schedule, tail, offset);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The last octets, a one bit, zeros, and the length in bits. */
function padded(rest: Uint8Array, length: number): DataView {
  const tail = new Uint8Array(rest.length + 9 > blockSize ? 2 * blockSize : blockSize);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(length / 0x2000_0000));
  view.setUint32(tail.length - 4, (length * 8) >>> 0);
  return view;
}

/** Words are signed 32-bit integers: beyond them engines leave integer arithmetic, and this is less than half as fast. */
function compress(state: Int32Array, w: Int32Array, block: DataView, offset: number): void {
  for (let i = 0; i < 16; i += 1) w[i] = block.getInt32(offset + 4 * i);
  for (let i = 16; i < 64; i += 1) {
    const before15 = at(w, i - 15);
    const before2 = at(w, i - 2);
    const s0 = rotate(before15, 7) ^ rotate(before15, 18) ^ (before15 >>> 3);
    const s1 = rotate(before2, 17) ^ rotate(before2, 19) ^ (before2 >>> 10);
    w[i] = (((at(w, i - 16) + s0) | 0) + ((at(w, i - 7) + s1) | 0)) | 0;
  }
  let a = at(state, 0);
  let b = at(state, 1);
  let c = at(state, 2);
  let d = at(state, 3);
  let e = at(state, 4);
  let f = at(state, 5);
  let g = at(state, 6);
  let h = at(state, 7);
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = (((((h + s1) | 0) + choice) | 0) + ((at(roundConstants, i) + at(w, i)) | 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + ((s0 + majority) | 0)) | 0;
  }
  add(state, 0, a);
  add(state, 1, b);
  add(state, 2, c);
  add(state, 3, d);
  add(state, 4, e);
  add(state, 5, f);
  add(state, 6, g);
  add(state, 7, h);
}

function add(words: Int32Array, index: number, word: number): void {
  words[index] = (at(words, index) + word) | 0;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** An element that is there: the index is within the array. */
function at(words: Int32Array, index: number): number {
  return words[index] ?? 0;
}
