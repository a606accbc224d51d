import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket as Ws } from "ws";
import { wsCarrier } from "../../../core/src/carrier/ws.ts";
import { UsageError } from "../../../core/src/errors/usage.ts";
import { connect, ours, Recorder, serve, textOf, transcript } from "./sockets.ts";

/** Own properties and symbols of the socket, by which a carrier could give itself away. */
function shape(socket: Ws): (string | symbol)[] {
  return Reflect.ownKeys(socket).filter((key) => key === "emit" || key === "send" || isTurnmux(key));
}

/** Resolves at 'close'. Adds no 'error' listener, as `once` of node:events would. */
function closing(socket: Ws): Promise<[code: number, reason: string]> {
  return new Promise((resolve) => {
    socket.on("close", (code, reason) => {
      resolve([code, String(reason)]);
    });
  });
}

function isTurnmux(key: string | symbol): boolean {
  return typeof key === "symbol" && key.description?.startsWith("turnmux") === true;
}

describe("A second carrier on a ws socket", () => {
  it("is refused by name, and the first goes on", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    const second = new Recorder();
    expect(() => wsCarrier(near).start(second)).toThrow(UsageError);
    expect(() => wsCarrier(near).start(second)).toThrow(/attached to this WebSocket already/);
    far.send(ours("first"));
    expect(await recorder.contents(1)).toEqual(["first"]);
    expect(second.messages).toEqual([]);
  });

  it("is refused also where another copy of this package attached the first", async () => {
    const { near } = await connect();
    Object.defineProperty(near, Symbol.for("turnmux.attached"), { value: true, configurable: true });
    expect(() => wsCarrier(near).start(new Recorder())).toThrow(UsageError);
    expect(shape(near)).toEqual([Symbol.for("turnmux.attached")]);
  });

  it("takes over once the first is detached", async () => {
    const { near, far } = await connect();
    const first = new Recorder();
    const carrier = wsCarrier(near);
    carrier.start(first);
    carrier.detach();
    const second = new Recorder();
    wsCarrier(near).start(second);
    far.send(ours("second"));
    expect(await second.contents(1)).toEqual(["second"]);
    expect(first.messages).toEqual([]);
  });

  it("is another object: a carrier starts once", async () => {
    const { near } = await connect();
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    expect(() => carrier.start(new Recorder())).toThrow(/started before/);
    carrier.detach();
    expect(() => carrier.start(new Recorder())).toThrow(/make a new one/);
  });
});

describe("Detaching from a ws socket", () => {
  it("leaves the instance exactly as it was", async () => {
    const { near } = await connect();
    const before = Reflect.ownKeys(near);
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    expect(shape(near)).toHaveLength(3);
    carrier.detach();
    expect(Reflect.ownKeys(near)).toEqual(before);
    carrier.detach();
    expect(Reflect.ownKeys(near)).toEqual(before);
  });

  it("puts back what the host had put over emit and send", async () => {
    const { near } = await connect();
    const emit = near.emit.bind(near);
    const send = near.send.bind(near);
    Object.assign(near, { emit, send });
    const before = Object.getOwnPropertyDescriptors(near);
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    expect(near.emit).not.toBe(emit);
    carrier.detach();
    expect(near.emit).toBe(emit);
    expect(near.send).toBe(send);
    expect(Object.getOwnPropertyDescriptors(near)).toEqual(before);
  });

  it("lets everything through to the host from then on, and tells the listener nothing", async () => {
    const { near, far } = await connect();
    const host = transcript(near);
    const recorder = new Recorder();
    const carrier = wsCarrier(near);
    carrier.start(recorder);
    const other = transcript(far);
    carrier.detach();
    carrier.send(ours("dropped"));
    near.send("fence");
    await other.until("fence");
    expect(other.seen).toEqual(["fence"]);
    far.send(ours("not taken"));
    await host.until(textOf(ours("not taken")));
    const closed = closing(near);
    far.terminate();
    await closed;
    expect(recorder.messages).toEqual([]);
    expect(recorder.losses).toEqual([]);
  });

  it("within a message of the host's lets go of what arrives at once, and says behind that message what still waited", async () => {
    const { near, far } = await connect();
    const before = Reflect.ownKeys(near);
    const other = transcript(far);
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    near.send("a", { fin: false });
    carrier.send(ours("last word"));
    carrier.detach();
    expect(shape(near)).toEqual(["send"]);
    near.send("b", { fin: false });
    expect(shape(near)).toEqual(["send"]);
    near.send("c");
    expect(Reflect.ownKeys(near)).toEqual(before);
    near.send("fence");
    await other.until("fence");
    expect(other.seen).toEqual(["abc", textOf(ours("last word")), "fence"]);
  });

  it("within a message of the host's, and attaching again there, keeps the order of both", async () => {
    const { near, far } = await connect();
    const other = transcript(far);
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    near.send("a", { fin: false });
    carrier.send(ours("last word"));
    carrier.detach();
    const next = wsCarrier(near);
    next.start(new Recorder());
    next.send(ours("first word"));
    near.send("b");
    near.send("fence");
    await other.until("fence");
    expect(other.seen).toEqual(["ab", textOf(ours("last word")), textOf(ours("first word")), "fence"]);
  });

  it("within a message of the host's that is never finished says nothing more, and closes without harm", async () => {
    const { near, far } = await connect();
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    near.send("a", { fin: false });
    carrier.send(ours("last word"));
    carrier.detach();
    const closed = closing(far);
    near.close(4001, "done");
    expect(await closed).toEqual([4001, "done"]);
  });

  it("stays transparent under what the host has put over emit and send since", async () => {
    const { near, far } = await connect();
    const host = transcript(near);
    const other = transcript(far);
    const recorder = new Recorder();
    const carrier = wsCarrier(near);
    carrier.start(recorder);
    const emit = near.emit.bind(near);
    const send = near.send.bind(near);
    let emitted = 0;
    Object.assign(near, {
      emit: (event: string, ...args: unknown[]) => {
        if (event === "message") emitted += 1;
        return emit(event, ...args);
      },
      send: (data: string, options: object) => {
        send(`wrapped ${data}`, options);
      },
    });

    far.send(ours("taken"));
    far.send("one");
    await host.until("one");
    carrier.detach();
    far.send(ours("passed"));
    far.send("two");
    await host.until("two");
    near.send("frag", { fin: false });
    near.send("ment");
    await other.until("wrapped fragwrapped ment");

    expect(host.seen).toEqual(["one", textOf(ours("passed")), "two"]);
    expect(emitted).toBe(4);
    expect(recorder.messages).toHaveLength(1);

    const again = new Recorder();
    wsCarrier(near).start(again);
    far.send(ours("again"));
    expect(await again.contents(1)).toEqual(["again"]);
  });

  it("happens by itself when the socket closes", async () => {
    const { near, far } = await connect();
    const before = Reflect.ownKeys(near);
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    const closed = closing(near);
    far.close();
    await closed;
    expect(Reflect.ownKeys(near)).toEqual(before);
    expect(recorder.losses).toHaveLength(1);
  });

  it("is harmless before start", async () => {
    const { near } = await connect();
    wsCarrier(near).detach();
    expect(shape(near)).toEqual([]);
  });
});

describe("The end of a ws socket", () => {
  it("is told once, with code and reason, before the host's own listeners hear of it", async () => {
    const { near, far } = await connect();
    const order: string[] = [];
    near.on("close", () => order.push("host"));
    const recorder = new Recorder();
    const lost = recorder.lost.bind(recorder);
    recorder.lost = (loss) => {
      order.push("turnmux");
      lost(loss);
    };
    wsCarrier(near).start(recorder);
    near.on("close", () => order.push("host"));
    const closed = closing(near);
    far.close(4001, "enough");
    await closed;
    expect(recorder.losses).toEqual([{ code: 4001, reason: "The WebSocket closed: enough" }]);
    expect(order).toEqual(["turnmux", "host", "host"]);
  });

  it("without a close frame is a loss with code 1006", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    far.terminate();
    expect(await recorder.loss()).toEqual({ code: 1006, reason: "The WebSocket closed" });
  });

  it("by an error is one loss, and the host's listeners get the error as ever", async () => {
    const { near, far } = await connect({ maxPayload: 100 });
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    const error = once(near, "error");
    const closed = closing(near);
    far.send(ours("too long".repeat(100)));
    expect(String((await error)[0])).toContain("Max payload size exceeded");
    expect(recorder.losses).toEqual([{ reason: "The WebSocket failed: Max payload size exceeded" }]);
    await closed;
    expect(recorder.losses).toHaveLength(1);
  });

  it("by an error that the host does not listen for throws on a shared socket, as without turnmux", async () => {
    const { near } = await connect();
    wsCarrier(near).start(new Recorder());
    near.on("close", () => {});
    expect(() => near.emit("error", new Error("unheard"))).toThrow("unheard");
    expect(near.listenerCount("error")).toBe(0);
  });

  it("is not what an error on an open socket means: that is the host's own", async () => {
    const { near } = await connect();
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    near.on("error", () => {});
    near.emit("error", new Error("of the host's making"));
    expect(recorder.losses).toEqual([]);
  });

  it("that never came to be open is a loss", async () => {
    const recorder = new Recorder();
    const far = new Ws("ws://127.0.0.1:1");
    far.on("error", () => {});
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    carrier.send(ours("never"));
    expect((await recorder.loss())?.reason).toContain("ECONNREFUSED");
    expect(carrier.buffered).toBe(0);
  });

  it("that lies in the past is told after start, not within", async () => {
    const { near } = await connect();
    const closed = closing(near);
    near.terminate();
    await closed;
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    expect(recorder.losses).toEqual([]);
    expect((await recorder.loss())?.reason).toBe("The WebSocket was closed already");
  });

  it("keeps turnmux's messages that still arrive from the host (CARR-005)", async () => {
    const { near, far } = await connect();
    const host = transcript(near);
    const recorder = new Recorder();
    const carrier = wsCarrier(near);
    carrier.start(recorder);
    near.close();
    carrier.send(ours("cannot be sent"));
    await recorder.loss();
    far.send(ours("late"));
    far.send("late host");
    await host.until("late host");
    expect(host.seen).toEqual(["late host"]);
    expect(recorder.messages).toEqual([]);
  });
});

describe("A ws socket of turnmux's own", () => {
  it("survives an error without anybody's listener, also after detach", async () => {
    const { near, far } = await connect({ maxPayload: 100 });
    const recorder = new Recorder();
    const carrier = wsCarrier(near, { shared: false });
    expect(carrier.shared).toBe(false);
    carrier.start(recorder);
    carrier.detach();
    const closed = closing(near);
    far.send("too long".repeat(100));
    expect(near.listenerCount("error")).toBe(1);
    await closed;
  });

  it("is closed with code and reason, the reason cut between characters to what a close frame holds", async () => {
    const { near, far } = await connect();
    const carrier = wsCarrier(near, { shared: false });
    carrier.start(new Recorder());
    const closed = closing(far);
    carrier.close(1002, "ü".repeat(100));
    carrier.close(1002, "again");
    const [code, reason] = await closed;
    expect(code).toBe(1002);
    expect(reason).toBe("ü".repeat(61));
  });

  it("is closed while it connects without a crash", async () => {
    const { url } = await serve();
    const far = new Ws(url);
    const recorder = new Recorder();
    const carrier = wsCarrier(far, { shared: false });
    carrier.start(recorder);
    const closed = closing(far);
    carrier.close(1001, "changed its mind");
    carrier.detach();
    await closed;
    expect(recorder.losses).toEqual([]);
  });

  it("that takes no such code is a loss, not an exception", async () => {
    const { near } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(near, { shared: false });
    carrier.start(recorder);
    carrier.close(999, "no such code");
    expect((await recorder.loss())?.reason).toContain("could not be closed");
  });

  it("is never closed where it belongs to a host (CARR-008)", async () => {
    const { near, far } = await connect();
    const carrier = wsCarrier(near);
    carrier.start(new Recorder());
    carrier.close(1002, "must not");
    const pong = once(near, "pong");
    near.ping();
    await pong;
    expect([near.readyState, far.readyState]).toEqual([Ws.OPEN, Ws.OPEN]);
  });
});

describe("A ws socket that a carrier cannot use", () => {
  it("is one that delivers blobs, unless in text carriage", async () => {
    const { near } = await connect();
    Reflect.set(near, "binaryType", "blob");
    expect(() => wsCarrier(near)).toThrow(/cannot be read in order/);
    expect(wsCarrier(near, { carriage: "text" }).carriage).toBe("text");
  });

  it("is one that is switched to blobs later: that is a loss, and the host gets its blob", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    Reflect.set(near, "binaryType", "blob");
    Reflect.set(Reflect.get(near, "_receiver") ?? {}, "_binaryType", "blob");
    const message = once(near, "message");
    far.send(Buffer.of(1, 2, 3));
    expect((await message)[0]).toBeInstanceOf(Blob);
    expect(await recorder.loss()).toEqual({ reason: 'The host set binaryType to "blob"' });
  });

  it("is one that is frozen", () => {
    const far = new Ws("ws://127.0.0.1:1");
    far.on("error", () => {});
    onTestFinished(() => {
      far.terminate();
    });
    const frozen = Object.preventExtensions(far);
    expect(() => wsCarrier(frozen).start(new Recorder())).toThrow(/frozen/);
  });

  it("is a standard WebSocket: the message names the right carrier", () => {
    const socket: unknown = new EventTarget();
    // @ts-expect-error A caller without types.
    expect(() => wsCarrier(socket)).toThrow(/use webSocketCarrier/);
  });
});
