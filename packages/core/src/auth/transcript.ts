/**
 * The octets that a client's proof is over. `docs/spec.md` section 4.
 *
 * @module
 */

/** Binds a proof to this protocol and to this use of the key. */
const LABEL = "turnmux/1 client proof";

const LENGTH_OCTETS = 4;

/**
 * The octets that are signed or keyed: the label, the method, the key id, and the payloads of HELLO and CHALLENGE, each
 * behind its length as a 32-bit integer (AUTH-001, AUTH-002). No two different sets of fields give the same octets.
 *
 * The payloads are those that crossed the wire, octet for octet: a side that encodes them again may prove something else.
 * The result is new memory.
 */
export function proofOctets(
  method: string,
  keyId: string,
  helloPayload: Uint8Array,
  challengePayload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder();
  const fields = [utf8.encode(LABEL), utf8.encode(method), utf8.encode(keyId), helloPayload, challengePayload];
  const octets = new Uint8Array(fields.reduce((length, field) => length + LENGTH_OCTETS + field.length, 0));
  const view = new DataView(octets.buffer);
  let at = 0;
  for (const field of fields) {
    view.setUint32(at, field.length);
    octets.set(field, at + LENGTH_OCTETS);
    at += LENGTH_OCTETS + field.length;
  }
  return octets;
}
