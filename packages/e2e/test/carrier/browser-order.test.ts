import { describe, expect, it } from "vitest";
import { type WebSocketEventLike, webSocketCarrier } from "../../../core/src/carrier/web-socket.ts";
import { ours, oursAsText, Recorder, textOf } from "./sockets.ts";

type Listener = (event: WebSocketEventLike) => void;

/** In which order a browser runs the listeners of a WebSocket. */
type Order = "as added" | "capturing first";

/** A socket that dispatches as browsers do: not by its own `dispatchEvent`. */
class BrowserLikeSocket {
  readonly readyState = 1;
  bufferedAmount = 0;
  binaryType = "arraybuffer";
  readonly #order: Order;
  #listeners: { type: string; listener: Listener; capture: boolean }[] = [];
  #onmessage: Listener | null = null;

  constructor(order: Order) {
    this.#order = order;
  }

  send(_data: unknown): void {}
  close(): void {}

  dispatchEvent(event: WebSocketEventLike): boolean {
    this.#invoke(event);
    return true;
  }

  addEventListener(type: string, listener: Listener, options: { capture?: boolean } = {}): void {
    this.#listeners.push({ type, listener, capture: options.capture ?? false });
  }

  removeEventListener(type: string, listener: Listener, options: { capture?: boolean } = {}): void {
    const capture = options.capture ?? false;
    this.#listeners = this.#listeners.filter(
      (entry) => entry.type !== type || entry.listener !== listener || entry.capture !== capture,
    );
  }

  get onmessage(): Listener | null {
    return this.#onmessage;
  }

  set onmessage(listener: Listener | null) {
    const before = this.#onmessage;
    this.#onmessage = listener;
    // A handler that replaces another keeps its place.
    const entry = this.#listeners.find((candidate) => candidate.listener === before);
    if (entry !== undefined && listener !== null) entry.listener = listener;
    else if (before !== null) this.removeEventListener("message", before);
    else if (listener !== null) this.addEventListener("message", listener);
  }

  get listenerCount(): number {
    return this.#listeners.length;
  }

  /** What the browser does when a message arrives. */
  arrive(data: string | Uint8Array): void {
    this.#invoke(message(data));
  }

  #invoke(event: WebSocketEventLike & { readonly stopped?: boolean }): void {
    const listeners = this.#listeners.filter(({ type }) => type === event.type);
    if (this.#order === "capturing first") listeners.sort((a, b) => Number(b.capture) - Number(a.capture));
    for (const { listener } of listeners) {
      if (event.stopped === true) return;
      listener(event);
    }
  }
}

function message(data: string | Uint8Array): WebSocketEventLike & { data: unknown; stopped: boolean } {
  return {
    type: "message",
    data: typeof data === "string" ? data : new Uint8Array(data).buffer,
    stopped: false,
    stopImmediatePropagation() {
      this.stopped = true;
    },
  };
}

function data(event: WebSocketEventLike): string {
  return "data" in event ? textOf(event.data) : "?";
}

function collect(socket: BrowserLikeSocket, capture: boolean): string[] {
  const seen: string[] = [];
  socket.addEventListener("message", (event) => seen.push(data(event)), { capture });
  return seen;
}

function collectByHandler(socket: BrowserLikeSocket): string[] {
  const seen: string[] = [];
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is what this one is about
  socket.onmessage = (event) => {
    seen.push(data(event));
  };
  return seen;
}

it("What a browser takes is counted also while the host sends more than that", () => {
  const socket = new BrowserLikeSocket("as added");
  const carrier = webSocketCarrier(socket);
  carrier.start(new Recorder());
  const { send } = socket;
  carrier.send(ours("a"));
  const length = ours("a").length;
  socket.bufferedAmount = length;
  expect([carrier.taken, carrier.pending, carrier.buffered]).toEqual([0, length, length]);
  socket.send("x".repeat(1_000));
  socket.send(new ArrayBuffer(1_000));
  socket.send(new Blob(["12345"]));
  socket.bufferedAmount = length + 2_005;
  expect(carrier.taken).toBe(0);
  socket.send("y".repeat(1_000));
  socket.bufferedAmount = length + 2_500;
  expect(carrier.taken).toBe(505);
  carrier.detach();
  expect(socket.send).not.toBe(send);
  expect(Object.hasOwn(socket, "send")).toBe(false);
});

const orders: readonly Order[] = ["as added", "capturing first"];

describe.each(orders)("Where a browser runs listeners %s", (order) => {
  it("a host's listeners that were added after see nothing of turnmux, however they were added", () => {
    const socket = new BrowserLikeSocket(order);
    const recorder = new Recorder();
    webSocketCarrier(socket).start(recorder);
    const seen = [collect(socket, false), collect(socket, true), collectByHandler(socket)];
    socket.arrive(ours("hidden"));
    socket.arrive("visible");
    socket.arrive(oursAsText("hidden"));
    expect(seen).toEqual([["visible"], ["visible"], ["visible"]]);
    expect(recorder.messages).toHaveLength(2);
  });

  it("a host's onmessage sees nothing of turnmux also when it was set before, and stays the same function", () => {
    const socket = new BrowserLikeSocket(order);
    const seen = collectByHandler(socket);
    const { onmessage } = socket;
    webSocketCarrier(socket).start(new Recorder());
    socket.arrive(ours("hidden"));
    socket.arrive("visible");
    expect(seen).toEqual(["visible"]);
    expect(socket.onmessage).toBe(onmessage);
  });

  it("each message is looked at once, also one that the host dispatches itself", () => {
    const socket = new BrowserLikeSocket(order);
    const recorder = new Recorder();
    let asked = 0;
    const take = recorder.message.bind(recorder);
    recorder.message = (data) => {
      asked += 1;
      return take(data);
    };
    webSocketCarrier(socket).start(recorder);
    const seen = collect(socket, false);
    socket.arrive('{"turnmux":[1,"not mine"]}');
    socket.dispatchEvent(message('{"turnmux":[1,"nor mine"]}'));
    socket.dispatchEvent(message(oursAsText("mine")));
    expect(asked).toBe(3);
    expect(seen).toHaveLength(2);
  });

  it("no listener stays behind after detach", () => {
    const socket = new BrowserLikeSocket(order);
    const carrier = webSocketCarrier(socket);
    carrier.start(new Recorder());
    expect(socket.listenerCount).toBeGreaterThan(0);
    carrier.detach();
    expect(socket.listenerCount).toBe(0);
    expect(Object.hasOwn(socket, "dispatchEvent")).toBe(false);
  });
});

describe("A listener that a host added before turnmux attached, in a browser", () => {
  it("sees turnmux's messages where listeners run as added: attach first", () => {
    const socket = new BrowserLikeSocket("as added");
    const seen = collect(socket, false);
    webSocketCarrier(socket).start(new Recorder());
    socket.arrive(ours("m"));
    expect(seen).toEqual([textOf(ours("m"))]);
  });

  it("sees nothing of turnmux where capturing ones run first, and it is none", () => {
    const socket = new BrowserLikeSocket("capturing first");
    const seen = collect(socket, false);
    webSocketCarrier(socket).start(new Recorder());
    socket.arrive(ours("m"));
    expect(seen).toEqual([]);
  });
});
