import { describe, expect, it } from "vitest";
import { TurnmuxError } from "../../src/index.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { kit, untilAborted } from "../support/kit.ts";
import { ClientUnderTest, GatewayUnderTest, MemoryLog } from "../support/raw-worlds.ts";
import { accept, cont, data, goaway, octets, offer, ok, open, reset, type RawEnd } from "../support/raw.ts";

/** Numbers that look random, and are the same for each seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

/** Makes frames of any kind: most of them on streams that there are, so that a session lives for a while. */
class Tormentor {
  readonly #roll: (sides: number) => number;
  /** The next stream of the raw end's own. */
  #next: number;
  /** How many streams the other side may have opened. */
  readonly #theirs: number;

  constructor(roll: (sides: number) => number, own: 1 | 2, theirs: number) {
    this.#roll = roll;
    this.#next = own;
    this.#theirs = theirs;
  }

  /** Says frames, whole messages changed in places, and lets time pass in between. */
  async torment({ raw, time }: { raw: RawEnd; time: GatewayUnderTest["time"] }): Promise<void> {
    const roll = this.#roll;
    for (let step = 0; step < 15; step++) {
      raw.say(...Array.from({ length: 1 + roll(4) }, () => this.#frame()));
      const message = raw.carrier.sent.at(-1);
      if (roll(30) === 0 && message instanceof Uint8Array) {
        const changed = message.slice();
        changed[10 + roll(changed.length - 10)] = roll(256);
        raw.sayRaw(changed);
      }
      if (roll(2) === 0) await time.advance(roll(40));
    }
    await time.settle();
  }

  #own(): number {
    if (this.#roll(40) === 0) return this.#roll(20) + 1;
    this.#next += 2;
    return this.#next - 2;
  }

  #mine(): number {
    return this.#roll(40) === 0 ? this.#roll(20) + 1 : Math.max(1, this.#next - 2 * (1 + this.#roll(4)));
  }

  #other(): number {
    const own = this.#next % 2;
    return this.#roll(40) === 0 ? this.#roll(20) + 1 : 2 * this.#roll(this.#theirs) + (own === 1 ? 2 : 1);
  }

  #frame(): Frame {
    const roll = this.#roll;
    const more = { more: roll(4) === 0 };
    const rubbish = ["{", "[[]]", '{"__proto__":1}', "x".repeat(3_000)][roll(80)] ?? "1";
    const body = octets(rubbish);
    const tool = ["look", "set", "add", "list", "nothing"][roll(5)] ?? "look";
    const frames: readonly (readonly [weight: number, make: () => Frame])[] = [
      [
        12,
        () => {
          const key = roll(2) === 0 ? `k${roll(3)}` : undefined;
          return open(this.#own(), tool, 1, { ...more, key, body, deadlineMs: roll(2) === 0 ? roll(50) : undefined });
        },
      ],
      [6, () => cont(this.#mine(), octets(" "), roll(2) === 0)],
      [4, () => reset(this.#mine(), roll(5))],
      [5, () => accept(this.#other(), { state: roll(40) === 0 ? 5 : roll(5) })],
      [4, () => data(this.#other(), 1 + roll(2), 1, more)],
      [3, () => ok(this.#other(), 1, { ...more, body })],
      [2, () => ok(this.#other(), 1, { code: 1 + roll(17), outcome: roll(30) === 0 ? 4 : roll(4) })],
      [2, () => offer("a", ["b", "a.b", "c"][roll(3)] ?? "c", ["turnmux.x", "a_b"][roll(20)] ?? "d")],
      [3, () => ({ type: "ping", id: roll(1_000) })],
      [1, () => goaway(roll(4) === 0 ? roll(17) : 0, roll(12))],
    ];
    let at = roll(frames.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of frames) {
      at -= weight;
      if (at < 0) return make();
    }
    return { type: "ack", received: 1 };
  }
}

const handlers = {
  look: (_input: unknown, call: { signal: AbortSignal }) => untilAborted(call.signal),
  set: (input: unknown) => input,
  add: (input: unknown) => input,
  list: async function* () {
    for (let n = 0; n < 20; n++) yield n;
    return "end";
  },
};

/** Each test takes a dozen of them. */
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed * 12);

async function tormentGateway(seed: number): Promise<void> {
  const log = new MemoryLog();
  const roll = dice(seed * 7_919);
  const { raw, time, session, side } = await GatewayUnderTest.open({
    gatewayLog: log,
    scopes: ["write"],
    limits: { streams: 4, message: 2_048, assembling: 4_096, framePayload: 4_096 },
    shared: seed % 2 === 0,
  });
  side.registry.implement(kit, handlers);
  const calls = [1, 2, 3].map((n) =>
    session.call("client.tool", n, { timeoutMs: 5_000 }).catch((error: unknown) => error),
  );
  await new Tormentor(roll, 1, 3).torment({ raw, time });
  raw.carrier.cut();
  await time.settle();
  for (const outcome of await Promise.all(calls)) {
    if (TurnmuxError.is(outcome)) expect(outcome.outcome).toMatch(/./);
  }
  expect(session.activeCalls).toEqual({ outgoing: 0, incoming: 0 });
  expect(side.once.running).toBe(0);
  expect(time.pendingTimers).toBe(0);
  expect(log.lines.filter(({ message }) => message.includes("session ends"))).toEqual([]);
  for (const { requirement, code } of raw.all("goaway")) {
    if (code !== 0 && code !== 14) expect(requirement).toMatch(/^[A-Z]+-\d{3}$/);
  }
}

async function tormentClient(seed: number): Promise<void> {
  const clientLog = new MemoryLog();
  const roll = dice(seed * 104_729);
  const { raw, time, session } = await ClientUnderTest.open({
    clientLog,
    clientLimits: { streams: 4, message: 2_048, assembling: 4_096, framePayload: 4_096 },
    reconnects: false,
    shared: seed % 2 === 0,
  });
  session.implement(kit, handlers);
  const typed = session.client(kit);
  const items = typed.list(1);
  const reading = (async () => {
    for await (const _ of items);
  })().catch((error: unknown) => error);
  const calls = [typed.look(1), typed.set(2), typed.add(3, { key: "k" }), items.result].map((call) =>
    call.catch((error: unknown) => error),
  );
  await new Tormentor(roll, 2, 4).torment({ raw, time });
  raw.carrier.cut();
  await time.settle();
  await Promise.all([...calls, reading]);
  const closing = session.close();
  await time.settle();
  await closing;
  expect(session.activeCalls).toEqual({ outgoing: 0, incoming: 0 });
  expect(time.pendingTimers).toBe(0);
  expect(clientLog.lines.filter(({ message }) => message.includes("session ends"))).toEqual([]);
}

describe("whatever comes", () => {
  it.each(SEEDS)("a gateway ends the session at worst, and everything that belongs to it [%d]", async (first) => {
    for (let seed = first; seed < first + 12; seed++) await tormentGateway(seed);
  });

  it.each(SEEDS)("a client ends the session at worst, and everything that belongs to it [%d]", async (first) => {
    for (let seed = first; seed < first + 12; seed++) await tormentClient(seed);
  });
});
