import { describe, expect, it, onTestFinished } from "vitest";
import type { WebSocket as Ws } from "ws";
import { webSocketCarrier } from "../../../core/src/carrier/web-socket.ts";
import { UsageError } from "../../../core/src/errors/usage.ts";
import { foreign, nextConnection, ours, oursAsText, Recorder, serve, textOf, transcript } from "./sockets.ts";

/** The global WebSocket of this Node, connected to a `ws` server. */
async function connect(binaryType: BinaryType = "arraybuffer"): Promise<{ near: Ws; far: WebSocket }> {
  const { server, url } = await serve();
  const connected = nextConnection(server);
  const far = dial(url);
  far.binaryType = binaryType;
  const opened = event(far, "open");
  const near = await connected;
  await opened;
  return { near, far };
}

function dial(url: string): WebSocket {
  const socket = new WebSocket(url);
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}

function event<K extends keyof WebSocketEventMap>(socket: WebSocket, type: K): Promise<WebSocketEventMap[K]> {
  return new Promise((resolve) => {
    socket.addEventListener(type, resolve, { once: true });
  });
}

/** Ways in which a host may listen. Each calls `see` with the data of every message. */
const listeners: Record<string, (socket: WebSocket, see: (data: unknown) => void) => void> = {
  addEventListener: (socket, see) => {
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      see(data);
    });
  },
  "a capturing addEventListener": (socket, see) => {
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => see(data), { capture: true });
  },
  "an object as event listener": (socket, see) => {
    socket.addEventListener("message", {
      handleEvent(event: MessageEvent<unknown>) {
        see(event.data);
      },
    });
  },
  onmessage: (socket, see) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is what this one is about
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      see(data);
    };
  },
};

describe("A host's listeners on Node's own WebSocket", () => {
  for (const [name, listen] of Object.entries(listeners)) {
    for (const when of ["before", "after"] as const) {
      it(`added by ${name} ${when} turnmux attached see their own messages, and none of turnmux`, async () => {
        const { near, far } = await connect();
        const seen: string[] = [];
        const recorder = new Recorder();
        const fence = new Promise<void>((resolve) => {
          const see = (data: unknown): void => {
            seen.push(textOf(data));
            if (textOf(data) === "fence") resolve();
          };
          if (when === "before") listen(far, see);
          webSocketCarrier(far).start(recorder);
          if (when === "after") listen(far, see);
        });
        near.send("one");
        near.send(ours("hidden"));
        near.send(oursAsText("hidden too"));
        near.send(foreign("relayed"));
        near.send(Buffer.from("two"));
        near.send("fence");
        await fence;
        expect(seen).toEqual(["one", textOf(foreign("relayed")), "two", "fence"]);
        expect(await recorder.contents(2)).toEqual(["hidden", '{"turnmux":[1,"0707070707070707","hidden too"]}']);
      });
    }
  }

  it("are asked about once for each message", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    const asked: string[] = [];
    const message = recorder.message.bind(recorder);
    recorder.message = (data) => {
      asked.push(textOf(data));
      return message(data);
    };
    webSocketCarrier(far).start(recorder);
    near.send(foreign("relayed"));
    near.send(ours("mine"));
    await recorder.contents(1);
    expect(asked).toEqual([textOf(foreign("relayed")), textOf(ours("mine"))]);
  });
});

describe("What a carrier sends on Node's own WebSocket", () => {
  it("arrives as binary or text as it was given, in order, among the host's messages", async () => {
    const { near, far } = await connect();
    const host = transcript(near);
    const carrier = webSocketCarrier(far);
    carrier.start(new Recorder());
    carrier.send(ours("a"));
    far.send("host");
    carrier.send(oursAsText("b"));
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set([1, 2, 3]);
    carrier.send(shared);
    await host.until("\u0001\u0002\u0003");
    expect(host.seen).toEqual([textOf(ours("a")), "host", oursAsText("b"), "\u0001\u0002\u0003"]);
  });

  it("waits for a socket that is still connecting", async () => {
    const { server, url } = await serve();
    const connection = nextConnection(server);
    const far = dial(url);
    far.binaryType = "arraybuffer";
    const carrier = webSocketCarrier(far);
    const recorder = new Recorder();
    carrier.start(recorder);
    expect(carrier.blocked).toBe(true);
    carrier.send(oursAsText("early"));
    const host = transcript(await connection);
    await host.until(oursAsText("early"));
    expect(carrier.blocked).toBe(false);
    expect(recorder.drains).toBe(1);
  });

  it("is counted in buffered until it is sent; drained comes with the next message at the latest", async () => {
    const { near, far } = await connect();
    const carrier = webSocketCarrier(far);
    const recorder = new Recorder();
    carrier.start(recorder);
    const host = transcript(near);
    const large = oursAsText("x".repeat(8 << 20));
    carrier.send(large);
    expect(carrier.buffered).toBeGreaterThan(0);
    await host.until(large);
    near.send("anything");
    await recorder.until(() => recorder.drains > 0);
    expect(recorder.drains).toBe(1);
  });

  it("is a loss, told later and once, when the socket is closing", async () => {
    const { far } = await connect();
    const carrier = webSocketCarrier(far);
    const recorder = new Recorder();
    carrier.start(recorder);
    const closed = event(far, "close");
    far.close();
    carrier.send(ours("late"));
    expect(recorder.losses).toEqual([]);
    expect(await recorder.loss()).toEqual({ reason: "The WebSocket is closing" });
    await closed;
    expect(recorder.losses).toHaveLength(1);
  });
});

describe("The end of Node's own WebSocket", () => {
  it("is told once, with code and reason", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    webSocketCarrier(far).start(recorder);
    const closed = event(far, "close");
    near.close(4001, "enough");
    await closed;
    expect(recorder.losses).toEqual([{ code: 4001, reason: "The WebSocket closed: enough" }]);
  });

  it("without a close frame is one loss", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    webSocketCarrier(far).start(recorder);
    const closed = event(far, "close");
    near.terminate();
    await closed;
    expect(recorder.losses).toHaveLength(1);
  });

  it("that never came to be open is a loss, also where Node leaves out 'close'", async () => {
    const far = dial("ws://127.0.0.1:1");
    far.binaryType = "arraybuffer";
    const recorder = new Recorder();
    const carrier = webSocketCarrier(far);
    carrier.start(recorder);
    carrier.send(ours("never"));
    expect((await recorder.loss())?.reason).toMatch(/^The WebSocket failed/);
    expect(carrier.buffered).toBe(0);
  });

  it("that lies in the past is told after start", async () => {
    const { near, far } = await connect();
    const closed = event(far, "close");
    near.close();
    await closed;
    const recorder = new Recorder();
    webSocketCarrier(far).start(recorder);
    expect(recorder.losses).toEqual([]);
    expect((await recorder.loss())?.reason).toBe("The WebSocket was closed already");
  });

  it("is not brought about by turnmux on a host's socket (CARR-008)", async () => {
    const { near, far } = await connect();
    const carrier = webSocketCarrier(far);
    carrier.start(new Recorder());
    carrier.close(1002, "must not");
    const host = transcript(near);
    far.send("still here");
    expect(await host.until("still here")).toEqual(["still here"]);
  });

  it("is brought about on a socket of its own, with a code that a page may use", async () => {
    for (const [code, sent] of [
      [1000, 1000],
      [1002, 4002],
      [1008, 4008],
      [4408, 4408],
    ] as const) {
      const { near, far } = await connect("blob");
      const carrier = webSocketCarrier(far, { shared: false });
      expect(far.binaryType).toBe("arraybuffer");
      carrier.start(new Recorder());
      const closed = new Promise((resolve) => {
        near.on("close", (code, reason) => {
          resolve([code, String(reason)]);
        });
      });
      carrier.close(code, "r".repeat(200));
      expect(await closed).toEqual([sent, "r".repeat(123)]);
    }
  });
});

describe("Node's own WebSocket", () => {
  it("takes one carrier at a time", async () => {
    const { near, far } = await connect();
    const carrier = webSocketCarrier(far);
    carrier.start(new Recorder());
    expect(() => webSocketCarrier(far).start(new Recorder())).toThrow(UsageError);
    carrier.detach();
    const recorder = new Recorder();
    webSocketCarrier(far).start(recorder);
    near.send(ours("second"));
    expect(await recorder.contents(1)).toEqual(["second"]);
  });

  it("is given back as it was, and shows the host everything from then on", async () => {
    const { near, far } = await connect();
    const before = Reflect.ownKeys(far);
    const seen: string[] = [];
    const recorder = new Recorder();
    const carrier = webSocketCarrier(far);
    carrier.start(recorder);
    expect(Object.hasOwn(far, "dispatchEvent")).toBe(true);
    carrier.detach();
    expect(Reflect.ownKeys(far)).toEqual(before);
    const fence = new Promise<void>((resolve) => {
      far.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        seen.push(textOf(data));
        if (data === "fence") resolve();
      });
    });
    near.send(ours("passed"));
    near.send("fence");
    await fence;
    expect(seen).toEqual([textOf(ours("passed")), "fence"]);
    expect(recorder.messages).toEqual([]);
  });

  it("is given back by itself when it closes", async () => {
    const { near, far } = await connect();
    webSocketCarrier(far).start(new Recorder());
    const mark = Symbol.for("turnmux.attached");
    expect([Object.hasOwn(far, "dispatchEvent"), Object.hasOwn(far, mark)]).toEqual([true, true]);
    const closed = event(far, "close");
    near.close();
    await closed;
    expect([Object.hasOwn(far, "dispatchEvent"), Object.hasOwn(far, mark)]).toEqual([false, false]);
  });

  it("cannot be shared in binary carriage while it delivers blobs, as it does by default", async () => {
    const { near, far } = await connect("blob");
    expect(() => webSocketCarrier(far)).toThrow(UsageError);
    expect(() => webSocketCarrier(far)).toThrow('set it to "arraybuffer", or use { carriage: "text" }');

    const recorder = new Recorder();
    webSocketCarrier(far, { carriage: "text" }).start(recorder);
    const message = event(far, "message");
    near.send(oursAsText("taken"));
    near.send(Buffer.from("host"));
    expect((await message).data).toBeInstanceOf(Blob);
    expect(await recorder.contents(1)).toEqual(['{"turnmux":[1,"0707070707070707","taken"]}']);
    expect(recorder.losses).toEqual([]);
  });

  it("is lost when the host goes over to blobs, which the host gets", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    webSocketCarrier(far).start(recorder);
    far.binaryType = "blob";
    const message = event(far, "message");
    near.send(ours("unreadable"));
    expect((await message).data).toBeInstanceOf(Blob);
    expect(await recorder.loss()).toEqual({ reason: 'The host set binaryType to "blob"' });
  });
});

describe("webSocketCarrier", () => {
  it("names the right carrier for a socket of ws", () => {
    const socket: unknown = { emit() {} };
    // @ts-expect-error A caller without types.
    expect(() => webSocketCarrier(socket)).toThrow(/use wsCarrier/);
  });
});
