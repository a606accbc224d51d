import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket as Ws } from "ws";
import { attach, UsageError, wsCarrier, type AttachOptions } from "../src/index.ts";
import type { AttachedSession } from "../src/attached-session.ts";
import { TestGateway } from "./support/gateway.ts";
import { failureOf, gate, statesOf, until } from "./support/observe.ts";
import { tools, Workshop } from "./support/tools.ts";

/** Kinds of sockets that a host may have. */
const kinds: Record<string, (url: string) => Ws | WebSocket> = {
  ws: (url) => new Ws(url),
  "a standard WebSocket": (url) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    return socket;
  },
};

interface Bench {
  readonly gateway: TestGateway;
  readonly workshop: Workshop;
  /** The host's next socket. */
  dial(): Ws | WebSocket;
}

async function bench(
  dial: (url: string) => Ws | WebSocket = (url) => new Ws(url),
  resumable: boolean = false,
): Promise<Bench> {
  const gateway = await TestGateway.listen({ hosted: true, resumable });
  const workshop = new Workshop();
  gateway.registry.implement(tools, workshop.handlers);
  return {
    gateway,
    workshop,
    dial: () => {
      const socket = dial(gateway.url);
      // A test may be over before the socket is open.
      socket.addEventListener("error", () => {});
      onTestFinished(() => socket.close());
      return socket;
    },
  };
}

/** A session that stands, on the host's first socket. */
async function standing(
  { gateway, dial }: Bench,
  options: AttachOptions = {},
): Promise<{ readonly session: AttachedSession; readonly socket: Ws | WebSocket; readonly far: Ws }> {
  const count = gateway.sockets.length + 1;
  const socket = dial();
  const session = attach(socket, options);
  const far = await gateway.socket(count);
  gateway.accept(far);
  await session.ready;
  return { session, socket, far };
}

/** What a host hears on its socket. */
function heard(socket: Ws | WebSocket): { readonly messages: unknown[]; until(last: string): Promise<void> } {
  const messages: unknown[] = [];
  const waits = new Map<unknown, () => void>();
  socket.addEventListener("message", (event: { data: unknown }) => {
    messages.push(event.data);
    waits.get(event.data)?.();
  });
  return {
    messages,
    until: (last) =>
      new Promise((resolve) => {
        if (messages.includes(last)) resolve();
        else waits.set(last, resolve);
      }),
  };
}

describe.each(Object.entries(kinds))("attach on %s", (_kind, open) => {
  it("leaves the host's traffic alone, both ways, while calls go beside it", async () => {
    const b = await bench(open);
    const { session, socket, far } = await standing(b);
    const host = heard(socket);
    const echoed: string[] = [];
    far.on("message", (data: Buffer) => {
      echoed.push(data.toString());
      far.send(data.toString());
    });
    const api = session.turn("t").client(tools);
    const expected: string[] = [];
    const calls: Promise<string>[] = [];
    for (let n = 0; n < 300; n += 1) {
      const text = n % 7 === 0 ? `{"turnmux":[1,"0000000000000000",[1,0,0,null,"${n}"]]}` : `host message ${n}`;
      expected.push(text);
      socket.send(text);
      calls.push(api.echo(`call ${n}`));
    }
    expect(await Promise.all(calls)).toEqual(calls.map((_, n) => `call ${n}`));
    socket.send("the last one");
    await host.until("the last one");
    expect(echoed).toEqual([...expected, "the last one"]);
    expect(host.messages).toEqual([...expected, "the last one"]);
    await session.close();
    expect(socket.readyState).toBe(1);
  });

  it("works on a socket that is still connecting", async () => {
    const b = await bench(open);
    const socket = b.dial();
    const session = attach(socket);
    expect(session.state).toBe("connecting");
    const call = session.call("echo", "early");
    b.gateway.accept(await b.gateway.socket(1));
    expect(await call).toBe("early");
    await session.close();
  });

  it("repeats HELLO until the gateway attaches", async () => {
    const b = await bench(open);
    const session = attach(b.dial());
    const far = await b.gateway.socket(1);
    const hellos: Buffer[] = [];
    await new Promise<void>((resolve) => {
      far.on("message", (data: Buffer) => {
        hellos.push(data);
        if (hellos.length === 2) resolve();
      });
    });
    expect(hellos[1]?.equals(hellos[0] ?? Buffer.alloc(0))).toBe(true);
    far.removeAllListeners("message");
    b.gateway.accept(far);
    expect(await session.call("echo", "at last")).toBe("at last");
    await session.close();
  });

  it("keeps from the host what the gateway still sends when the session is closed", async () => {
    const b = await bench(open);
    const { session, socket, far } = await standing(b);
    const host = heard(socket);
    // Items are on their way in great number when the session closes here.
    const items = session.turn("t").client(tools).count({ to: 1e9 });
    for await (const item of items) {
      if (item === 1) break;
    }
    await session.close();
    far.send("behind all of them");
    await host.until("behind all of them");
    expect(host.messages).toEqual(["behind all of them"]);
  });

  it("gives the socket back by detach(), and may have it again", async () => {
    const b = await bench(open);
    const before = b.dial();
    const own = Object.getOwnPropertyNames(before);
    const session = attach(before);
    b.gateway.accept(await b.gateway.socket(1));
    await session.ready;
    session.detach("enough");
    expect(await session.closed).toMatchObject({ cause: "closed", message: "enough" });
    expect(Object.getOwnPropertyNames(before)).toEqual(own);
    const again = attach(before);
    expect(await again.call("echo", "again")).toBe("again");
    await again.close();
  });

  it("takes a socket again whose session is closed", async () => {
    const b = await bench(open);
    const { session, socket } = await standing(b);
    expect(() => attach(socket)).toThrow(/attached to this WebSocket already/);
    await session.close();
    const again = attach(socket);
    expect(await again.call("echo", "again")).toBe("again");
    await again.close();
  });

  it("moves to the host's next socket, with the calls that nobody had taken", async () => {
    const b = await bench(open);
    const { session, socket } = await standing(b);
    const { states } = statesOf(session);
    const held = failureOf(session.turn("t").client(tools).hold());
    await b.workshop.started.passed;
    const next = b.dial();
    session.attach(next);
    expect(await held).toMatchObject({ outcome: "unknown", tool: "hold" });
    const late = session.call("echo", "late");
    b.gateway.accept(await b.gateway.socket(2));
    expect(await late).toBe("late");
    expect(states).toEqual(["reconnecting", "ready"]);
    expect(socket.readyState).toBe(1);
    expect(b.gateway.sessions).toHaveLength(2);
    await session.close();
  });

  it("moves to the host's next socket with the calls that are under way, where waitMs and the gateway let it", async () => {
    const b = await bench(open, true);
    const { session, socket, far } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    const { states } = statesOf(session);
    const host = heard(socket);
    const held = session.turn("t").client(tools).hold();
    await b.workshop.started.passed;
    session.attach(b.dial());
    b.gateway.accept(await b.gateway.socket(2));
    await until(session, "ready");
    b.workshop.release.open();
    expect(await held).toBe("done");
    expect(states).toEqual(["reconnecting", "ready"]);
    expect(b.gateway.sessions).toHaveLength(1);
    // The former socket is the host's, and stays open.
    far.send("the host's own");
    await host.until("the host's own");
    expect(host.messages).toEqual(["the host's own"]);
    await session.close();
  });
});

describe("A session on a host's socket", () => {
  it("ends with its socket", async () => {
    const b = await bench();
    const { session, far } = await standing(b);
    far.terminate();
    expect(await session.closed).toMatchObject({ cause: "lost", code: "unavailable" });
    expect(await failureOf(session.call("echo"))).toMatchObject({ code: "unavailable", outcome: "not_started" });
    expect(() => session.attach(b.dial())).toThrow(/waitMs/);
  });

  it("waits for the next socket where waitMs lets it, and so do calls", async () => {
    const b = await bench();
    const { session, far } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    const { states, ends } = statesOf(session);
    far.terminate();
    await until(session, "reconnecting");
    expect(ends).toMatchObject([{ cause: "lost" }]);
    const waiting = session.call("echo", "waiting");
    session.attach(b.dial());
    b.gateway.accept(await b.gateway.socket(2));
    expect(await waiting).toBe("waiting");
    expect(states).toEqual(["reconnecting", "ready"]);
    await session.close();
  });

  it("ends when no other socket comes within waitMs", async () => {
    const b = await bench();
    const { session, far } = await standing(b, { waitMs: 20 });
    const { states } = statesOf(session);
    far.terminate();
    const end = await session.closed;
    expect(end.message).toContain("the host brought no other socket within 20 ms: the connection was lost");
    expect(states).toEqual(["reconnecting", "closed"]);
  });

  it("does not wait for another socket when the gateway closed it", async () => {
    const b = await bench();
    const { session } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    await b.gateway.latest.session.close("enough");
    expect(await session.closed).toMatchObject({ cause: "goaway", code: "cancelled", message: "enough" });
  });

  it("waits after detach() where waitMs lets it", async () => {
    const b = await bench();
    const { session } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    session.detach();
    expect(session.state).toBe("reconnecting");
    session.attach(b.dial());
    b.gateway.accept(await b.gateway.socket(2));
    expect(await session.call("echo", "a")).toBe("a");
    await session.close();
  });

  it("moves to another socket from within its own listeners", async () => {
    const b = await bench();
    const { session } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    const held = session.turn("t").client(tools).hold();
    await b.workshop.started.passed;
    session.addEventListener("drain", () => session.detach());
    session.addEventListener("state", ({ detail }) => {
      if (detail.state === "reconnecting") session.attach(b.dial());
    });
    b.gateway.latest.acceptor.drain("restarting", undefined);
    b.gateway.accept(await b.gateway.socket(2));
    expect(await session.call("echo", "a")).toBe("a");
    b.workshop.release.open();
    expect(await held).toBe("done");
    await session.close();
  });

  it("goes on after detach() and after a lost socket, with the calls that are under way", async () => {
    const b = await bench(undefined, true);
    const { session } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    const held = session.turn("t").client(tools).hold();
    await b.workshop.started.passed;
    session.detach();
    expect(session.state).toBe("reconnecting");
    session.attach(b.dial());
    const second = await b.gateway.socket(2);
    b.gateway.accept(second);
    await until(session, "ready");
    second.terminate();
    await until(session, "reconnecting");
    session.attach(b.dial());
    b.gateway.accept(await b.gateway.socket(3));
    await until(session, "ready");
    b.workshop.release.open();
    expect(await held).toBe("done");
    expect(b.gateway.sessions).toHaveLength(1);
    await session.close();
  });

  it("says HELLO on the latest socket alone where a listener brings another one while it moves", async () => {
    const b = await bench();
    const { session } = await standing(b, { waitMs: Number.POSITIVE_INFINITY });
    session.addEventListener(
      "state",
      ({ detail }) => {
        if (detail.state === "reconnecting") session.attach(b.dial());
      },
      { once: true },
    );
    session.attach(b.dial());
    b.gateway.accept(await b.gateway.socket(2));
    b.gateway.accept(await b.gateway.socket(3));
    expect(await session.call("echo", "a")).toBe("a");
    expect(b.gateway.sessions).toHaveLength(2);
    await session.close();
  });

  it("closes while it waits", async () => {
    const b = await bench();
    const { session } = await standing(b, { waitMs: 600_000 });
    session.detach();
    const waiting = failureOf(session.call("echo"));
    await session.close();
    expect(await waiting).toMatchObject({ code: "cancelled", outcome: "not_started" });
  });

  it("closes while its socket connects, and leaves that alone", async () => {
    const b = await bench();
    const socket = b.dial();
    const session = attach(socket);
    await session.close("never mind");
    expect(await failureOf(session.ready)).toMatchObject({ code: "cancelled", outcome: "not_started" });
    const far = await b.gateway.socket(1);
    socket.addEventListener("open", () => socket.send("the host's own"));
    const [first] = (await once(far, "message")) as [Buffer];
    expect(first.toString()).toBe("the host's own");
  });

  it("ends as unavailable where nobody at the other end speaks turnmux, whatever waitMs says", async () => {
    const b = await bench();
    const session = attach(b.dial(), { limits: { handshakeMs: 50 }, waitMs: 600_000 });
    const call = failureOf(session.call("echo"));
    const error = await failureOf(session.ready);
    expect(error).toMatchObject({ code: "unavailable", outcome: "not_started" });
    expect(error.sentence).toContain("nobody at the other end speaks turnmux");
    expect(await call).toMatchObject({ code: "unavailable", outcome: "not_started" });
  });

  it("waits for another socket where the first one never came to be", async () => {
    const b = await bench();
    const dead = new Ws("ws://127.0.0.1:9");
    const closed = gate();
    dead.addEventListener("error", () => {});
    dead.addEventListener("close", closed.open);
    const session = attach(dead, { waitMs: Number.POSITIVE_INFINITY });
    const call = session.call("echo", "a");
    await closed.passed;
    expect(session.state).toBe("connecting");
    session.attach(b.dial());
    b.gateway.accept(await b.gateway.socket(1));
    expect(await call).toBe("a");
    await session.ready;
    await session.close();
  });

  it("closes when its signal is aborted", async () => {
    const b = await bench();
    const abort = new AbortController();
    const { session, socket } = await standing(b, { signal: abort.signal });
    abort.abort();
    expect(await session.closed).toMatchObject({ code: "cancelled" });
    expect(socket.readyState).toBe(1);
    expect(() => attach(b.dial(), { signal: abort.signal })).toThrow(/aborted/);
  });

  it("proves itself where the gateway asks for it all the same, to configured names alone", async () => {
    const auth = { method: "spoken", keyId: "", prove: async () => new Uint8Array(1) };
    const gateway = await TestGateway.listen({
      hosted: true,
      admission: () => ({
        kind: "proof",
        audience: "gateway.example:443",
        methods: ["spoken"],
        verify: async () => ({ principal: "ali", scopes: [] }),
      }),
    });
    gateway.server.on("connection", (socket) => gateway.accept(socket));
    const session = attach(new Ws(gateway.url), { auth, audience: ["GATEWAY.example:443"] });
    await session.ready;
    expect(session.principal).toBe("ali");
    await session.close();
    const other = attach(new Ws(gateway.url), { auth });
    expect((await failureOf(other.ready)).sentence).toContain("pass `audience`");
  });

  it("may be on a carrier of the host's own", async () => {
    const b = await bench();
    const socket = new Ws(b.gateway.url);
    const session = attach(wsCarrier(socket, { carriage: "text" }));
    b.gateway.accept(await b.gateway.socket(1));
    expect(await session.call("echo", "a")).toBe("a");
    await session.close();
    socket.close();
  });

  it("refuses a socket that belongs to another session, and stays where it is", async () => {
    const b = await bench();
    const { session } = await standing(b);
    const other = await standing(b);
    expect(() => session.attach(other.socket)).toThrow(UsageError);
    expect(session.state).toBe("ready");
    expect(await session.call("echo", "a")).toBe("a");
    await session.close();
    await other.session.close();
  });

  it.each([{ waitMs: -1 }, { waitMs: Number.NaN }, { timeoutMs: 0 }, { limits: { streams: 0 } }])(
    "refuses the options %j",
    async (options) => {
      const b = await bench();
      expect(() => attach(b.dial(), options)).toThrow(UsageError);
    },
  );
});
