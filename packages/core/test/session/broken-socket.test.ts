/** Carriers and environments that throw although they must not: what callers are told is the truth all the same. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import type { ChannelControl } from "../../src/peer/channel-control.ts";
import { Peer } from "../../src/peer/peer.ts";
import { LocalPort } from "../../src/session/local-port.ts";
import { kit, kitWorld, watch } from "../support/kit.ts";
import { LocalWorld } from "../support/local-world.ts";
import { MemoryLog } from "../support/raw-worlds.ts";
import { RAW_LIMITS } from "../support/raw.ts";

const CALLS = 40;

describe("a carrier that throws", () => {
  it("out of send is lost, and the session goes on over the next one: nothing ran twice or was told not to have run", async () => {
    const ran: unknown[] = [];
    const clientLog = new MemoryLog();
    const world = await kitWorld({ set: (input) => ran.push(input) }, { clientLog });
    world.clientCarrier.send = () => {
      throw new Error("no socket");
    };
    const api = world.client.client(kit);
    // More than leave in one message, so that some are written while they are made.
    const calls = Array.from({ length: CALLS }, (_, n) => watch(api.set(n)));
    await world.time.settle();
    expect(world.client.state).toBe("reconnecting");
    expect(clientLog.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    await world.reconnect();
    expect(calls.map(({ said }) => said)).toEqual(Array.from({ length: CALLS }, (_, n) => `ok: ${n + 1}`));
    expect(ran).toHaveLength(CALLS);
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("where it is asked what it holds is lost as well", async () => {
    const world = await kitWorld();
    Object.defineProperty(world.clientCarrier, "buffered", {
      get: () => {
        throw new Error("no socket");
      },
    });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    expect([world.client.state, call.said]).toEqual(["reconnecting", "pending"]);
    await world.reconnect();
    expect(call.said).toBe("ok: 1");
    world.clientCarrier.cut();
    await world.time.settle();
  });
});

describe("an environment that throws", () => {
  it("where something is to run soon costs a call nothing, and is told in the log", async () => {
    const clientLog = new MemoryLog();
    const world = await kitWorld({}, { clientLog });
    // As a browser does whose function is called as a method.
    world.time.soon = () => {
      throw new TypeError("Illegal invocation");
    };
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    expect(call.said).toBe("ok: 1");
    expect(clientLog.lines.some(({ level }) => level === "error")).toBe(true);
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("where anything is to run later costs the calls that are made an unknown outcome at most", async () => {
    const world = await kitWorld();
    const { soon, defer } = world.time;
    const broken = (): never => {
      throw new TypeError("Illegal invocation");
    };
    world.time.soon = broken;
    world.time.defer = broken;
    const call = watch(world.client.client(kit).set(1));
    world.time.soon = soon;
    world.time.defer = defer;
    await world.time.settle();
    // What comes next takes it along.
    const next = watch(world.client.client(kit).set(2));
    await world.time.settle();
    expect([call.said, next.said]).toEqual(["ok: 1", "ok: 2"]);
    world.clientCarrier.cut();
    await world.time.settle();
  });
});

describe("a port that throws", () => {
  it("behind what it has done leaves the outcome of the call unknown", async () => {
    const ran: unknown[] = [];
    const world = new LocalWorld({ set: (input) => ran.push(input) });
    await world.time.settle();
    const open = vi.spyOn(LocalPort.prototype, "open");
    onTestFinished(() => open.mockRestore());
    open.mockImplementationOnce(function open(this: LocalPort, request) {
      LocalPort.prototype.open.call(this, request);
      throw new Error("too late");
    });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    expect(ran).toEqual([1]);
    expect(call.said).toBe("internal, unknown");
  });
});

describe("Peer.open", () => {
  const request = {
    tool: "look",
    callId: "c",
    key: undefined,
    deadline: undefined,
    priority: undefined,
    turn: undefined,
    lineage: undefined,
    trace: undefined,
    meta: undefined,
    body: { content: 1, octets: new Uint8Array(2) },
  } as const;

  function peer(control: Partial<ChannelControl>): Peer {
    const nothing = (): void => {};
    return new Peer({
      role: "client",
      limits: DEFAULT_LIMITS,
      peerLimits: RAW_LIMITS,
      peerContents: [1, 2, 3, 4],
      features: [],
      control: {
        drain: nothing,
        drained: nothing,
        close: nothing,
        fail: nothing,
        wake: nothing,
        ready: nothing,
        ...control,
      },
    });
  }

  it("gives a number, and the session ends, where its owner throws behind the queue", () => {
    const closed: unknown[] = [];
    const ready = (): never => {
      throw new Error("ready");
    };
    const under = peer({ ready, close: (code) => closed.push(code) });
    expect(under.open(request)).toBe(1);
    expect(closed).toEqual(["internal"]);
    expect(under.openCalls).toBe(1);
  });

  it("queues nothing where the header does not fit", () => {
    const under = peer({});
    const meta = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`n${n}`, "x".repeat(1_000)]));
    expect(() => under.open({ ...request, meta })).toThrow("shorten meta");
    expect(under.openCalls).toBe(0);
    expect(under.nextFrame(0)).toBeUndefined();
  });
});
