import { describe, expect, it } from "vitest";
import { type WebSocketEventLike, webSocketCarrier } from "../../../core/src/carrier/web-socket.ts";
import { ours, oursAsText, Recorder, textOf } from "./sockets.ts";

type Listener = (event: WebSocketEventLike) => void;

/** A socket that dispatches as browsers do: not by its own `dispatchEvent`, and with capturing listeners first. */
class BrowserLikeSocket {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  binaryType = "arraybuffer";
  #listeners: { type: string; listener: Listener; capture: boolean }[] = [];

  send(): void {}
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

  get listenerCount(): number {
    return this.#listeners.length;
  }

  /** What the browser does when a message arrives. */
  arrive(data: string | Uint8Array): void {
    this.#invoke(message(data));
  }

  #invoke(event: WebSocketEventLike & { readonly stopped?: boolean }): void {
    const listeners = this.#listeners.filter(({ type }) => type === event.type);
    for (const { listener } of [...listeners.filter((l) => l.capture), ...listeners.filter((l) => !l.capture)]) {
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

function collect(socket: BrowserLikeSocket, capture: boolean): string[] {
  const seen: string[] = [];
  socket.addEventListener("message", (event) => seen.push("data" in event ? textOf(event.data) : "?"), { capture });
  return seen;
}

describe("In a browser's order of dispatch", () => {
  it("a host's ordinary listeners see nothing of turnmux, whenever they were added", () => {
    const socket = new BrowserLikeSocket();
    const before = collect(socket, false);
    const recorder = new Recorder();
    webSocketCarrier(socket).start(recorder);
    const after = collect(socket, false);
    socket.arrive(ours("hidden"));
    socket.arrive("visible");
    socket.arrive(oursAsText("hidden"));
    expect([before, after]).toEqual([["visible"], ["visible"]]);
    expect(recorder.messages).toHaveLength(2);
  });

  it("a host's capturing listener sees nothing of turnmux when it was added after", () => {
    const socket = new BrowserLikeSocket();
    const before = collect(socket, true);
    webSocketCarrier(socket).start(new Recorder());
    const after = collect(socket, true);
    socket.arrive(ours("m"));
    socket.arrive("visible");
    expect(after).toEqual(["visible"]);
    // The one that came before turnmux is what the documentation warns of.
    expect(before).toEqual([textOf(ours("m")), "visible"]);
  });

  it("each message is looked at once, also one that the host dispatches itself", () => {
    const socket = new BrowserLikeSocket();
    const seen = collect(socket, false);
    const recorder = new Recorder();
    let asked = 0;
    const take = recorder.message.bind(recorder);
    recorder.message = (data) => {
      asked += 1;
      return take(data);
    };
    webSocketCarrier(socket).start(recorder);
    socket.arrive('{"turnmux":[1,"not mine"]}');
    socket.dispatchEvent(message('{"turnmux":[1,"nor mine"]}'));
    socket.dispatchEvent(message(oursAsText("mine")));
    expect(asked).toBe(3);
    expect(seen).toHaveLength(2);
  });

  it("no listener stays behind after detach", () => {
    const socket = new BrowserLikeSocket();
    const carrier = webSocketCarrier(socket);
    carrier.start(new Recorder());
    expect(socket.listenerCount).toBeGreaterThan(0);
    carrier.detach();
    expect(socket.listenerCount).toBe(0);
    expect(Object.hasOwn(socket, "dispatchEvent")).toBe(false);
  });
});
