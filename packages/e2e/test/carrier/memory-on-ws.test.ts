import { describe, expect, it } from "vitest";
import type { CarrierListener } from "../../../core/src/carrier/carrier.ts";
import { wsCarrier, type WsLike } from "../../../core/src/carrier/ws.ts";
import { spareMessages } from "../../../core/src/spare-octets.ts";

/** A WebSocket of the `ws` package as far as a carrier looks into it, over a socket of the system's, or a stream of the host's. */
class FakeWs implements WsLike {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly binaryType = "nodebuffer";
  readonly _socket: object;
  readonly #done: ((error?: Error) => void)[] = [];

  constructor(socket: object) {
    this._socket = socket;
  }

  emit(): boolean {
    return false;
  }

  on(): void {}

  close(): void {}

  send(_data: string | Uint8Array, _options: object, done: (error?: Error) => void): void {
    this.#done.push(done);
  }

  /** Reports how the oldest message fared. */
  settle(error?: Error): void {
    this.#done.shift()?.(error);
  }
}

const listener: CarrierListener = { message: () => false, drained() {}, lost() {} };

const LARGE = 65_536;

/** A carrier that was given so many messages, and their memory. */
function sent(socket: object, count: number): { readonly ws: FakeWs; readonly memory: readonly ArrayBufferLike[] } {
  const ws = new FakeWs(socket);
  const carrier = wsCarrier(ws);
  carrier.start(listener);
  const messages = Array.from({ length: count }, () => spareMessages.take(LARGE));
  for (const message of messages) carrier.send(message.subarray(0, LARGE));
  return { ws, memory: messages.map(({ buffer }) => buffer) };
}

/** Whose memory the next large message gets. */
const next = (): ArrayBufferLike => spareMessages.take(LARGE).buffer;

describe("The memory of a large message", () => {
  it("is used again when the socket has written it, and not before", () => {
    const { ws, memory } = sent({ _handle: {} }, 2);
    expect(memory).not.toContain(next());
    ws.settle();
    expect(next()).toBe(memory[0]);
    expect(memory).not.toContain(next());
    ws.settle();
    expect(next()).toBe(memory[1]);
  });

  it.each([
    ["the socket is a stream of the host's, which may hand on what it was given", {}],
    ["the socket is closed", { _handle: null }],
  ])("is left alone where %s", (_when, socket) => {
    const { ws, memory } = sent(socket, 1);
    ws.settle();
    expect(memory).not.toContain(next());
  });

  it("is left alone once a message could not be written", () => {
    const { ws, memory } = sent({ _handle: {} }, 2);
    ws.settle(new Error("of a test"));
    ws.settle();
    expect(memory).not.toContain(next());
  });
});
