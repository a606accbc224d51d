import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket as Ws } from "ws";
import type { Carrier } from "../../../core/src/carrier/carrier.ts";
import { wsCarrier, type WsLike } from "../../../core/src/carrier/ws.ts";
import { connect, nextConnection, ours, oursAsText, Recorder, serve, textOf, transcript } from "./sockets.ts";

/** No more than what a carrier asks of a ws socket. */
class PlainWs implements WsLike {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly binaryType = "nodebuffer";
  readonly sent: unknown[] = [];
  throws = false;
  #done: ((error?: Error) => void) | undefined;

  emit(): boolean {
    return false;
  }

  on(): void {}

  close(): void {}

  send(data: string | Uint8Array, _options: object, done?: (error?: Error) => void): void {
    if (this.throws) throw new Error("thrown by send");
    this.sent.push(data);
    this.#done = done;
  }

  /** Reports how the last message fared. */
  settle(error?: Error): void {
    this.#done?.(error);
  }
}

/** Everything that arrives, as turnmux's content or the host's text, in order. */
function arrivals(socket: Ws, count: number): Promise<string[]> {
  const seen: string[] = [];
  return new Promise((resolve) => {
    socket.on("message", (data: Buffer) => {
      seen.push(data[0] === 0xc1 ? `ours:${data.toString("utf8", 10)}` : data.toString());
      if (seen.length === count) resolve(seen);
    });
  });
}

describe("What a carrier sends on a ws socket", () => {
  it("arrives as binary or text as it was given, in order, among the host's messages", async () => {
    const { near, far } = await connect();
    const seen: [string, boolean][] = [];
    const done = new Promise<void>((resolve) => {
      near.on("message", (data: Buffer, isBinary) => {
        if (seen.push([textOf(data), isBinary]) === 4) resolve();
      });
    });
    const carrier = wsCarrier(far);
    carrier.start(new Recorder());
    carrier.send(ours("a"));
    far.send("host");
    carrier.send(oursAsText("b"));
    carrier.send(ours(""));
    await done;
    expect(seen).toEqual([
      [textOf(ours("a")), true],
      ["host", false],
      [oursAsText("b"), false],
      [textOf(ours("")), true],
    ]);
  });

  it("is never compressed, while the host's messages are (CARR-008)", async () => {
    const { near, far } = await connect(
      { perMessageDeflate: { threshold: 0 } },
      { perMessageDeflate: { threshold: 0 } },
    );
    expect(far.extensions).toContain("permessage-deflate");
    const carrier = wsCarrier(far);
    carrier.start(new Recorder());
    const seen = arrivals(near, 3);
    const raw: Buffer[] = [];
    const socket: unknown = Reflect.get(near, "_socket");
    if (!(socket instanceof (await import("node:net")).Socket)) throw new Error("ws has no _socket");
    socket.prependListener("data", (chunk: Buffer) => raw.push(chunk));

    const text = "z".repeat(1000);
    carrier.send(oursAsText(text));
    carrier.send(ours(text));
    far.send(text);
    await seen;

    // First octets of frames from a client: FIN, RSV1 (compressed) and opcode.
    const octets = Buffer.concat(raw);
    const first = octets[0];
    const second = octets[8 + oursAsText(text).length];
    const third = octets[8 + oursAsText(text).length + 8 + ours(text).length];
    expect([first, second, third]).toEqual([0x81, 0x82, 0xc1]);
  });

  it("passes by what the host has put over send on the instance, as what arrives passes by its emit", async () => {
    const { near, far } = await connect();
    const wrapped: string[] = [];
    const send = far.send.bind(far);
    far.send = (data: unknown) => {
      wrapped.push(textOf(data));
      send(String(data));
    };
    const carrier = wsCarrier(far);
    carrier.start(new Recorder());
    const seen = arrivals(near, 2);
    carrier.send(ours("a"));
    far.send("host");
    expect(await seen).toEqual(["ours:a", "host"]);
    expect(wrapped).toEqual(["host"]);
  });

  it("waits for a socket that is still connecting, and follows the host's own greeting", async () => {
    const { server, url } = await serve();
    const connection = nextConnection(server);
    const far = new Ws(url);
    const carrier = wsCarrier(far);
    const recorder = new Recorder();
    carrier.start(recorder);
    expect(carrier.blocked).toBe(true);
    carrier.send(ours("early"));
    expect(carrier.buffered).toBe(ours("early").length);
    far.on("open", () => {
      far.send("hello from the host");
    });
    const near = await connection;
    expect(await arrivals(near, 2)).toEqual(["hello from the host", "ours:early"]);
    expect(carrier.blocked).toBe(false);
    expect(carrier.buffered).toBe(0);
    expect(recorder.drains).toBeGreaterThan(0);
  });

  it("that was given before start is sent at start", async () => {
    const { near, far } = await connect();
    const seen = arrivals(near, 2);
    const carrier = wsCarrier(far);
    carrier.send(ours("before"));
    expect(far.bufferedAmount).toBe(0);
    expect(carrier.buffered).toBe(ours("before").length);
    carrier.start(new Recorder());
    carrier.send(ours("after"));
    expect(await seen).toEqual(["ours:before", "ours:after"]);
  });

  it("is a loss, and no exception, where it is a value of wrapped carriage", async () => {
    const { far } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    carrier.send({ turnmux: [1] });
    expect(recorder.losses).toEqual([]);
    expect((await recorder.loss())?.reason).toContain("wrapped");
  });
});

describe("A host's fragmented message on a ws socket", () => {
  it("holds turnmux's messages back until its last fragment is written (CARR-007)", async () => {
    const { near, far } = await connect();
    const seen = arrivals(near, 3);
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);

    far.send("one,", { fin: false });
    expect(carrier.blocked).toBe(true);
    carrier.send(ours("a"));
    far.send("two,", { fin: false });
    carrier.send(ours("b"));
    expect(recorder.drains).toBe(0);
    far.send("three", { fin: true });
    expect(carrier.blocked).toBe(false);
    expect(recorder.drains).toBe(1);

    expect(await seen).toEqual(["one,two,three", "ours:a", "ours:b"]);
  });

  it("lets the owner's next messages go behind those that waited", async () => {
    const { near, far } = await connect();
    const seen = arrivals(near, 3);
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    recorder.onDrained = () => {
      carrier.send(ours("from drained"));
    };
    carrier.start(recorder);
    far.send("x", { fin: false });
    carrier.send(ours("waited"));
    far.send("y", (error) => {
      expect(error).toBeFalsy();
    });
    expect(await seen).toEqual(["xy", "ours:waited", "ours:from drained"]);
  });

  it("holds them back also where it began before turnmux attached", async () => {
    const { near, far } = await connect();
    const seen = arrivals(near, 2);
    far.send("began ", { fin: false });
    const carrier = wsCarrier(far);
    carrier.start(new Recorder());
    expect(carrier.blocked).toBe(true);
    carrier.send(ours("a"));
    far.send("before");
    expect(await seen).toEqual(["began before", "ours:a"]);
  });

  it("holds them back also where the host sends by a function that it had kept from before", async () => {
    const { near, far } = await connect();
    const seen = arrivals(near, 2);
    const send = far.send.bind(far);
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    send("past ", { fin: false });
    expect(carrier.blocked).toBe(true);
    carrier.send(ours("a"));
    send("us", { fin: true });
    // Nothing of the carrier's ran in between. The next event of the socket gets it going.
    near.ping();
    await recorder.until(() => recorder.drains > 0);
    expect(await seen).toEqual(["past us", "ours:a"]);
  });

  it("is over for the next message to send as well, which goes behind those that waited", async () => {
    const { near, far } = await connect();
    const seen = arrivals(near, 3);
    const send = far.send.bind(far);
    const carrier = wsCarrier(far);
    carrier.start(new Recorder());
    send("past ", { fin: false });
    carrier.send(ours("a"));
    send("us", { fin: true });
    carrier.send(ours("b"));
    expect(await seen).toEqual(["past us", "ours:a", "ours:b"]);
  });

  it("is followed by drained for an owner that only asked", async () => {
    const { far } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    far.send("x", { fin: false });
    expect(carrier.blocked).toBe(true);
    far.send("y");
    expect(recorder.drains).toBe(1);
  });

  it("is watched also on a socket that does not tell by itself whether one is open", () => {
    const socket = new PlainWs();
    const recorder = new Recorder();
    const carrier = wsCarrier(socket);
    carrier.start(recorder);
    socket.send("x", { fin: false });
    carrier.send("ours");
    socket.send("y", { fin: false });
    expect([carrier.blocked, socket.sent]).toEqual([true, ["x", "y"]]);
    socket.send("z", {});
    expect([carrier.blocked, socket.sent]).toEqual([false, ["x", "y", "z", "ours"]]);
  });

  it("costs an owner that nobody kept waiting no call", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    wsCarrier(far).start(recorder);
    const host = transcript(near);
    for (let i = 0; i < 10; i += 1) far.send(`${i}`);
    await host.until("9");
    expect(recorder.drains).toBe(0);
  });

  it("arrives whole, with many in both directions and turnmux in between", async () => {
    const { near, far } = await connect();
    const host = transcript(near);
    const theirs = new Recorder();
    wsCarrier(near).start(theirs);
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    const expected: string[] = [];
    for (let i = 0; i < 200; i += 1) {
      const parts = 1 + (i % 4);
      for (let part = 0; part < parts; part += 1) {
        carrier.send(ours(`${i}.${part}`));
        far.send(`${i}:${part};`, { fin: part === parts - 1 });
        expected.push(`${i}.${part}`);
      }
    }
    far.send("fence");
    await host.until("fence");
    expect(await theirs.contents(expected.length)).toEqual(expected);
    expect(host.seen).toEqual([
      ...Array.from({ length: 200 }, (_, i) =>
        Array.from({ length: 1 + (i % 4) }, (_, part) => `${i}:${part};`).join(""),
      ),
      "fence",
    ]);
  });
});

function takenBy({ taken }: Carrier): number {
  if (taken === undefined) throw new Error("the carrier does not tell");
  return taken;
}

/** Lets the event loop turn until something has come about. */
async function turnsUntil(done: () => boolean): Promise<void> {
  while (!done()) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe("What a ws socket has not written yet", () => {
  it("is counted without the host's octets, and followed by drained when it is gone", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    const received = new Recorder();
    wsCarrier(near).start(received);
    carrier.send(ours("written long ago".repeat(100)));
    await received.contents(1);
    near.pause();

    const host = "h".repeat(16 << 20);
    far.send(host);
    expect(far.bufferedAmount).toBeGreaterThan(1 << 20);
    expect(carrier.buffered).toBe(0);
    const message = ours("m".repeat(100_000));
    const length = message.length;
    carrier.send(message);
    expect(carrier.buffered).toBe(length);
    expect(recorder.drains).toBe(0);

    near.resume();
    await recorder.until(() => recorder.drains > 0);
    expect(carrier.buffered).toBe(0);
    await received.contents(2);
  });

  it("is seen to leave bit by bit, where it is a host's one long message", async () => {
    const { near, far } = await connect();
    const carrier = wsCarrier(far);
    carrier.start(new Recorder());
    near.pause();
    far.send("h".repeat(32 << 20));
    // Before anything else happens: what the host adds takes nothing.
    const before = takenBy(carrier);
    for (let n = 0; n < 10; n += 1) far.send("more");
    expect(takenBy(carrier)).toBeLessThanOrEqual(before);
    expect(carrier.pending).toBeGreaterThan(32 << 20);
    const { bufferedAmount } = far;
    near.resume();
    await turnsUntil(() => takenBy(carrier) > before);
    // By which it could not be seen.
    expect(far.bufferedAmount).toBe(bufferedAmount);
  });

  it("is gone without a word where nobody asked about it", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    const seen = arrivals(near, 100);
    for (let i = 0; i < 100; i += 1) carrier.send(ours(`${i}`));
    await seen;
    expect(recorder.drains).toBe(0);
  });

  it("never stalls an owner that keeps to a limit, however much the host has queued before it", async () => {
    const { near, far } = await connect();
    const received = new Recorder();
    wsCarrier(near).start(received);
    far.send(Buffer.alloc(20 << 20));
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    const total = 300;
    let sent = 0;
    const pump = (): void => {
      while (sent < total && carrier.buffered < 128 << 10) {
        sent += 1;
        carrier.send(ours("p".repeat(16 << 10)));
      }
    };
    recorder.onDrained = pump;
    carrier.start(recorder);
    pump();
    expect(sent).toBeLessThan(total);
    await received.contents(total);
  });
});

describe("Sending on a ws socket that is going down", () => {
  it("is a loss, told once and later, not an exception", async () => {
    const { far } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    const closed = once(far, "close");
    far.close(4000);
    carrier.send(ours("late"));
    carrier.send(ours("later"));
    expect(recorder.losses).toEqual([]);
    expect((await recorder.loss())?.reason).toBe("The WebSocket is closing");
    await closed;
    carrier.send(ours("much later"));
    expect(recorder.losses).toHaveLength(1);
  });

  it("is a loss where the socket says so of a message, and its close is yet to come", () => {
    const socket = new PlainWs();
    const recorder = new Recorder();
    const carrier = wsCarrier(socket);
    carrier.start(recorder);
    carrier.send("ours");
    socket.settle(new Error("pipe broken"));
    expect(recorder.losses).toEqual([{ reason: "The WebSocket took no message: pipe broken" }]);
  });

  it("is a loss, not an exception, where the socket throws", async () => {
    const socket = new PlainWs();
    const recorder = new Recorder();
    const carrier = wsCarrier(socket);
    carrier.start(recorder);
    socket.throws = true;
    carrier.send("ours");
    expect(recorder.losses).toEqual([]);
    expect(await recorder.loss()).toEqual({ reason: "The WebSocket took no message: thrown by send" });
  });

  it("is a loss where the socket dies with messages in its queue", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    const carrier = wsCarrier(far);
    carrier.start(recorder);
    far.on("error", () => {});
    near.pause();
    for (let i = 0; i < 100; i += 1) carrier.send(ours("q".repeat(100_000)));
    far.terminate();
    expect((await recorder.loss())?.reason).toMatch(/WebSocket/);
    expect(recorder.losses).toHaveLength(1);
  });
});
