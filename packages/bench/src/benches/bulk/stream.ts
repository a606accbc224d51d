/**
 * What is sent, and by what.
 *
 * @module
 */

/** Octets of a piece: an item, or a message of the floor. */
export const PIECE = 65_536;

/** One end of a connection. */
export interface End {
  /** Has the other end send so many pieces, and reads them. Resolves with how many octets came. */
  read(pieces: number): Promise<number>;
}

/** One way to send a stream of octets over a WebSocket. */
export interface BulkContender {
  /** Listens on a port of 127.0.0.1 that is free. `end` resolves when a client is there. */
  serve(): Promise<{ readonly url: string; readonly end: Promise<End> }>;
  connect(url: string): Promise<End>;
}

/** What is sent, again and again. */
export function pieceOf(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, index) => index % 251);
}
