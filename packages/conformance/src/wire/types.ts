// What a frame is, on whatever carriage it travels, and what a peer got wrong on the wire.

/** What a place of a header may hold (FRAME-008). Octets are base64 strings in text carriage, and octets here. */
export type HeaderValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly HeaderValue[]
  | { readonly [key: string]: HeaderValue };

/** A frame, on whatever carriage it travels. */
export interface Frame {
  readonly type: number;
  /** Flags without BASE64, which is a matter of the carriage. */
  readonly flags: number;
  readonly stream: number;
  /** The places of the header; `[kind, content]` for DATA, null for DATA with CONT. Trailing nils may be left out. */
  readonly header: readonly HeaderValue[] | null;
  /** The octets of the body that this frame carries; empty where it has none. */
  readonly body: Uint8Array;
  /** The octets of the payload as they were received: a handshake's transcript is made of these. */
  readonly payload?: Uint8Array;
}

/** Octets that go out in binary carriage as they are, in place of a frame. */
export interface RawFrame {
  readonly octets: Uint8Array;
}

/** A JSON value that goes out in text and wrapped carriage as it is, in place of a frame's row. */
export interface RawRow {
  readonly row: unknown;
}

/** What the peer under test got wrong on the wire. */
export class WireError extends Error {
  /** The requirement that the peer broke, for example `FRAME-003`. */
  readonly requirement: string;

  constructor(requirement: string, message: string) {
    super(`${requirement}: ${message}`);
    this.name = "WireError";
    this.requirement = requirement;
  }
}

/** No octets. */
export const NO_OCTETS: Uint8Array = new Uint8Array(0);
