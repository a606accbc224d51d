/**
 * The octets of one direction of a WebSocket, cut where its frames end, so that a proxy can lose and break whole ones.
 *
 * @module
 */

/** A piece of a direction of a WebSocket connection. */
export interface Piece {
  readonly octets: Buffer;
  /** `http`: the upgrade. `message`: one whole message. `other`: a control frame, or part of a message in fragments. */
  readonly kind: "http" | "message" | "other";
}

const END_OF_HTTP = Buffer.from("\r\n\r\n");
const FIN = 0x80;
const MASK = 0x80;
/** Opcodes from here on are control frames. */
const CONTROL = 8;
const MASK_OCTETS = 4;

/** Takes octets as they come, and gives pieces that are whole. */
export class MessageCutter {
  #rest: Buffer = Buffer.alloc(0);
  #upgraded = false;

  /** The pieces that these octets complete. */
  *feed(octets: Buffer): Generator<Piece> {
    this.#rest = Buffer.concat([this.#rest, octets]);
    for (;;) {
      const length = this.#upgraded ? frameLength(this.#rest) : httpLength(this.#rest);
      if (length === undefined || length > this.#rest.length) return;
      const piece = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield { octets: piece, kind: this.#upgraded ? kindOf(piece) : "http" };
      this.#upgraded = true;
    }
  }
}

function httpLength(octets: Buffer): number | undefined {
  const end = octets.indexOf(END_OF_HTTP);
  return end < 0 ? undefined : end + END_OF_HTTP.length;
}

/** The length of the frame that begins here, RFC 6455 section 5.2; undefined while its own length is not there. */
function frameLength(octets: Buffer): number | undefined {
  if (octets.length < 2) return undefined;
  const second = octets.readUInt8(1);
  const mask = (second & MASK) === 0 ? 0 : MASK_OCTETS;
  const short = second & 0x7f;
  if (short < 126) return 2 + mask + short;
  if (short === 126) return octets.length < 4 ? undefined : 4 + mask + octets.readUInt16BE(2);
  return octets.length < 10 ? undefined : 10 + mask + Number(octets.readBigUInt64BE(2));
}

function kindOf(frame: Buffer): Piece["kind"] {
  const first = frame.readUInt8(0);
  const opcode = first & 0x0f;
  return (first & FIN) !== 0 && opcode !== 0 && opcode < CONTROL ? "message" : "other";
}
