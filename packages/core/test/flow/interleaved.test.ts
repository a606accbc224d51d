import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type Limits } from "../../src/limits.ts";
import { PeerPair, SIDES, type OwnCall, type PairedPeer, type ServedCall, type Side } from "./support/peers.ts";

/** What happens next. Numbers choose among what there is. */
type Step =
  | { readonly type: "open"; readonly side: Side; readonly length: number; readonly priority: number }
  | { readonly type: "item" | "end"; readonly side: Side; readonly which: number; readonly length: number }
  | { readonly type: "progress" | "reset" | "read"; readonly side: Side; readonly which: number }
  | { readonly type: "write" | "arrive"; readonly side: Side; readonly times: number };

const side = fc.constantFrom(...SIDES);
const which = fc.nat(20);

/** Octets: nothing, little, about a frame, about a window, more. */
const length = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 900, max: 1_200 }),
  fc.integer({ min: 1_500, max: 9_000 }),
  fc.integer({ min: 9_000, max: 30_000 }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("open" as const), side, length, priority: fc.nat(2) }),
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom("item" as const), side, which, length }) },
  fc.record({ type: fc.constantFrom("end" as const), side, which, length }),
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("progress" as const, "read" as const), side, which }) },
  fc.record({ type: fc.constantFrom("reset" as const), side, which }),
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constantFrom("write" as const, "arrive" as const), side, times: fc.nat(12) }),
  },
);

const limits: fc.Arbitrary<Partial<Limits>> = fc.record({
  streamCredit: fc.constantFrom(1_024, 1_500, 2_176, 4_096, 16_384),
  channelCredit: fc.constantFrom(1_024, 3_000, 8_192, 65_536),
  framePayload: fc.constantFrom(1_024, 1_500, 16_384),
  assembling: fc.constantFrom(31_000, 1 << 20),
  message: fc.constant(30_000),
  streams: fc.constantFrom(3, 256),
  unsentItems: fc.constantFrom(1_024, 1 << 18),
});

function pick<T>(all: Iterable<T>, number: number): T | undefined {
  const list = [...all];
  return list[number % Math.max(1, list.length)];
}

const openOf = ({ own }: PairedPeer): OwnCall[] => [...own.values()].filter(({ ending }) => ending === undefined);
const servedOf = ({ served }: PairedPeer): ServedCall[] => [...served.values()].filter(({ ended }) => !ended);

/** Does one thing. */
function take(pair: PeerPair, what: Step, names: () => string): void {
  const end = pair[what.side];
  switch (what.type) {
    case "open":
      end.open(names(), what.length, what.priority);
      return;
    case "item": {
      const call = pick(servedOf(end), what.which);
      if (call?.room === true && !call.reset) end.item(call, what.length);
      return;
    }
    case "end": {
      const call = pick(servedOf(end), what.which);
      if (call !== undefined) end.end(call, what.length);
      return;
    }
    case "progress": {
      const call = pick(servedOf(end), what.which);
      if (call !== undefined) end.peer.progress(call.number, { content: 4, octets: new Uint8Array(100) });
      return;
    }
    case "read": {
      const call = pick(end.own.values(), what.which);
      if (call !== undefined) end.consume(call);
      return;
    }
    case "reset": {
      const call = pick(openOf(end), what.which);
      if (call !== undefined) end.peer.reset(call.number, "cancelled");
      return;
    }
    case "write":
      for (let n = 0; n < what.times && pair.write(what.side); n++);
      return;
    case "arrive":
      for (let n = 0; n < what.times && pair.arrive(what.side); n++);
  }
}

/** True where an end holds of items no more than a window, and what had begun: what has no credit any more does not count. */
function isBounded({ limits: { channelCredit, assembling } }: PeerPair, end: PairedPeer): boolean {
  let counted = 0;
  for (const call of openOf(end)) for (const octets of call.unread) counted += octets;
  return counted <= channelCredit + assembling;
}

/** Hundreds of runs each, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

/** Everybody reads, and every handler ends. */
function finish(pair: PeerPair, isAsleep: (call: OwnCall) => boolean = () => false): void {
  for (let rounds = 0; rounds < 2_000; rounds++) {
    pair.run();
    let busy = false;
    for (const name of SIDES) {
      const end = pair[name];
      for (const call of servedOf(end)) {
        end.end(call, 700);
        busy = true;
      }
      for (const call of end.own.values()) {
        if (isAsleep(call) || call.unread.length === 0) continue;
        end.consume(call);
        busy = true;
      }
    }
    if (!busy) return;
  }
  throw new Error("it goes on and on");
}

describe("Two sides that send, read, cancel and end as they like", { timeout: PATIENCE_MS }, () => {
  it("never send more than was granted, never hold more than their limits, and never wait for each other for ever", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { minLength: 10, maxLength: 150 }), (given, steps) => {
        const pair = new PeerPair(given);
        let names = 0;
        for (const what of steps) {
          // A frame beyond the credit is a violation, which is thrown.
          take(pair, what, () => `c${names++}`);
          if (!SIDES.every((name) => isBounded(pair, pair[name]))) throw new Error("too much is held");
        }
        finish(pair);
        for (const name of SIDES) {
          const end = pair[name];
          expect(openOf(end)).toEqual([]);
          expect(end.peer.openCalls).toBe(0);
          expect(end.peer.heldOctets).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never wait for one who sleeps over its items, as long as that leaves room in the channel's window", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), fc.nat(20), (steps, sleeper) => {
        const pair = new PeerPair({
          streamCredit: 4_096,
          channelCredit: 262_144,
          framePayload: 1_500,
          message: 30_000,
          assembling: 31_000,
          streams: 256,
        });
        let names = 0;
        for (const what of steps) take(pair, what, () => `c${names++}`);
        const asleep = pick(pair.client.own.values(), sleeper);
        finish(pair, (call) => call === asleep);
        for (const name of SIDES) expect(openOf(pair[name]).filter((call) => call !== asleep)).toEqual([]);
        finish(pair);
        for (const name of SIDES) expect(openOf(pair[name])).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("give every call what it was sent, in full", () => {
    fc.assert(
      fc.property(limits, fc.array(length, { maxLength: 12 }), length, (given, items, result) => {
        const pair = new PeerPair(given);
        const own = pair.client.open("c", 500);
        pair.run();
        const served = [...pair.gateway.served.values()][0];
        if (served === undefined) throw new Error("the call did not arrive");
        for (const one of items) {
          for (let n = 0; n < 100 && !served.room; n++) {
            pair.client.consume(own);
            pair.run();
          }
          pair.gateway.item(served, one);
          pair.run();
        }
        pair.gateway.end(served, result);
        for (let n = 0; n < items.length + 1; n++) {
          pair.run();
          pair.client.consume(own);
        }
        expect(own.ending?.ok).toBe(true);
        expect([own.items, own.received]).toEqual([items.length, result]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("CREDIT", { timeout: PATIENCE_MS }, () => {
  it("is written once for half a window, and not for small calls", () => {
    const pair = new PeerPair({});
    for (let n = 0; n < 2_000; n++) {
      pair.client.open(`c${n}`, 100);
      pair.run();
      const call = pair.gateway.served.get(`c${n}`);
      if (call !== undefined) pair.gateway.end(call, 100);
      pair.run();
    }
    expect([pair.client.credits, pair.gateway.credits]).toEqual([0, 0]);
    pair.client.open("large", 8 << 20);
    pair.run();
    const windows = (8 << 20) / DEFAULT_LIMITS.streamCredit;
    expect(pair.gateway.credits).toBeGreaterThanOrEqual(windows);
    expect(pair.gateway.credits).toBeLessThanOrEqual(windows * 2.1);
  });
});
