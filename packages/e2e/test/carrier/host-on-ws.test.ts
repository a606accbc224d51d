import { on, once } from "node:events";
import { describe, expect, it } from "vitest";
import { createWebSocketStream, type WebSocket as Ws } from "ws";
import { wsCarrier } from "../../../core/src/carrier/ws.ts";
import { connect, foreign, ours, oursAsText, Recorder, textOf, transcript } from "./sockets.ts";

/** Ways in which a host may listen. Each calls `see` with the data of every message. */
const listeners: Record<string, (socket: Ws, see: (data: unknown) => void) => void> = {
  on: (socket, see) => {
    socket.on("message", see);
  },
  prependListener: (socket, see) => {
    socket.prependListener("message", see);
  },
  "once, again and again": (socket, see) => {
    const again = (data: unknown): void => {
      see(data);
      socket.once("message", again);
    };
    socket.once("message", again);
  },
  addEventListener: (socket, see) => {
    socket.addEventListener("message", (event) => {
      see(event.data);
    });
  },
  "an object as event listener": (socket, see) => {
    socket.addEventListener("message", {
      handleEvent(event) {
        see(event.data);
      },
    });
  },
  onmessage: (socket, see) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is what this one is about
    socket.onmessage = (event) => {
      see(event.data);
    };
  },
};

describe("A host's listeners on a ws socket", () => {
  for (const [name, listen] of Object.entries(listeners)) {
    for (const when of ["before", "after"] as const) {
      it(`added by ${name} ${when} turnmux attached see their own messages, and none of turnmux`, async () => {
        const { near, far } = await connect();
        const seen: string[] = [];
        const fence = new Promise<void>((resolve) => {
          const see = (data: unknown): void => {
            seen.push(textOf(data));
            if (textOf(data) === "fence") resolve();
          };
          if (when === "before") listen(near, see);
          wsCarrier(near).start(new Recorder());
          if (when === "after") listen(near, see);
        });

        far.send("one");
        far.send(ours("hidden"));
        far.send(oursAsText("hidden too"));
        far.send(Buffer.from("two"));
        far.send("fence");
        await fence;

        expect(seen).toEqual(["one", "two", "fence"]);
      });
    }
  }

  it("see the same data, flags and order as without turnmux", async () => {
    const { near, far } = await connect();
    const seen: [unknown, boolean][] = [];
    near.on("message", (data, isBinary) => seen.push([data, isBinary]));
    wsCarrier(near).start(new Recorder());

    const sent: [string | Buffer, boolean][] = [
      ["text", false],
      [Buffer.of(1, 2, 3), true],
      ["", false],
      [Buffer.alloc(0), true],
      [Buffer.of(0xc1), true],
      [Buffer.of(0xc1, 0x02, 0), true],
      ['{"turnmux":', false],
      ['{"turnmux": [1]}', false],
    ];
    for (const [data] of sent) far.send(data);
    const ping = once(near, "ping");
    far.ping();
    await ping;

    expect(seen).toEqual(sent.map(([data, isBinary]) => [Buffer.from(data), isBinary]));
  });

  it("see messages with the tag of another channel (CARR-004)", async () => {
    const { near, far } = await connect();
    const host = transcript(near);
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);

    far.send(foreign("relayed"));
    far.send(ours("mine"));
    far.send("fence");
    await host.until("fence");

    expect(host.seen).toEqual([textOf(foreign("relayed")), "fence"]);
    expect(await recorder.contents(1)).toEqual(["mine"]);
  });

  it("are not even asked about: turnmux looks at what starts like its own messages only", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    const asked: unknown[] = [];
    recorder.message = (message) => {
      asked.push(textOf(message));
      return false;
    };
    wsCarrier(near).start(recorder);
    const host = transcript(near);
    const unlike = ["", "{", '{"turnmux":', '{"turnmux":1}', '\ufeff{"turnmux":[1]}', "\u00c1\u0001"];
    for (const text of unlike) far.send(text);
    for (const octets of [[], [0xc1], [0xc1, 0x02], [0x01, 0xc1], [0x7b]]) far.send(Buffer.from(octets));
    far.send(Buffer.from('{"turnmux":[1]}'));
    far.send('{"turnmux":[');
    far.send(Buffer.of(0xc1, 0x01));
    far.send("fence");
    await host.until("fence");
    expect(asked).toEqual(['{"turnmux":[', textOf(Buffer.of(0xc1, 0x01))]);
  });

  it("see nothing of turnmux through an asynchronous iterator", async () => {
    const { near, far } = await connect();
    const messages = on(near, "message");
    wsCarrier(near).start(new Recorder());
    far.send(ours("hidden"));
    far.send("visible");
    const { value } = await messages.next();
    expect(textOf(value[0])).toBe("visible");
  });

  it("see nothing of turnmux through a stream over the socket", async () => {
    const { near, far } = await connect();
    const stream = createWebSocketStream(near, { encoding: "utf8" });
    wsCarrier(near).start(new Recorder());
    far.send(ours("hidden"));
    far.send("visible");
    expect(await once(stream, "data")).toEqual(["visible"]);
  });

  it("still get ping, pong and close", async () => {
    const { near, far } = await connect();
    wsCarrier(near).start(new Recorder());
    const ping = once(near, "ping");
    far.ping("knock");
    expect(textOf((await ping)[0])).toBe("knock");
    const pong = once(near, "pong");
    near.ping("who");
    expect(textOf((await pong)[0])).toBe("who");
    const close = once(near, "close");
    far.close(4001, "bye");
    expect((await close).map(String)).toEqual(["4001", "bye"]);
  });

  it("cannot tell from listenerCount, from the keys of the socket or from JSON that turnmux is there", async () => {
    const { near } = await connect();
    const before = [near.listenerCount("message"), near.listenerCount("error"), near.listenerCount("close")];
    const keys = Object.keys(near);
    wsCarrier(near).start(new Recorder());
    expect([near.listenerCount("message"), near.listenerCount("error"), near.listenerCount("close")]).toEqual(before);
    expect(Object.keys(near)).toEqual(keys);
  });
});

describe("The data of a ws socket", () => {
  for (const binaryType of ["nodebuffer", "arraybuffer", "fragments"] as const) {
    it(`reaches turnmux and the host as ${binaryType}`, async () => {
      const { near, far } = await connect();
      near.binaryType = binaryType;
      const host = transcript(near);
      const recorder = new Recorder();
      wsCarrier(near).start(recorder);
      const long = "x".repeat(200_000);

      far.send(ours("short"));
      far.send(ours(long));
      far.send(Buffer.from("host"));
      far.send(oursAsText("text"));
      await host.until("host");

      expect(await recorder.contents(3)).toEqual(["short", long, '{"turnmux":[1,"0707070707070707","text"]}']);
      expect(host.seen).toEqual(["host"]);
    });

    it(`is recognised as ${binaryType} when its first octets come in fragments of one octet`, async () => {
      const { near, far } = await connect();
      near.binaryType = binaryType;
      const recorder = new Recorder();
      wsCarrier(near).start(recorder);
      const octets = ours("cut");
      octets.forEach((octet, index) => {
        far.send(Buffer.of(octet), { fin: index === octets.length - 1 });
      });
      expect(await recorder.contents(1)).toEqual(["cut"]);
    });
  }

  it("reaches turnmux as a plain Uint8Array, whose slice copies", async () => {
    const { near, far } = await connect();
    const recorder = new Recorder();
    wsCarrier(near).start(recorder);
    far.send(ours("plain"));
    await recorder.contents(1);
    expect(Object.getPrototypeOf(recorder.messages[0])).toBe(Uint8Array.prototype);
  });

  it("reaches turnmux at the client's end as well", async () => {
    const { near, far } = await connect();
    const host = transcript(far);
    const recorder = new Recorder();
    wsCarrier(far).start(recorder);
    near.send(ours("down"));
    near.send("host");
    await host.until("host");
    expect(await recorder.contents(1)).toEqual(["down"]);
    expect(host.seen).toEqual(["host"]);
  });
});
