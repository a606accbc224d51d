import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { Delivery } from "../../src/delivery/delivery.ts";
import type { ChannelControl } from "../../src/peer/channel-control.ts";
import { Peer } from "../../src/peer/peer.ts";
import { binaryCarriage, textCarriage, wrappedCarriage, type Carriage } from "../../src/wire/carriage.ts";
import type { Frame } from "../../src/wire/frame.ts";

const CARRIAGES: readonly Carriage[] = [binaryCarriage, textCarriage, wrappedCarriage];
const TAG = new Uint8Array(8).fill(1);

const control: ChannelControl = {
  drain: () => {},
  drained: () => {},
  close: () => {},
  fail: (violation) => {
    throw violation;
  },
  wake: () => {},
  ready: () => {},
};

/** One end of a session that outlives its channels. */
class End {
  readonly peer: Peer;
  readonly delivery: Delivery;
  /** Frames that this end has handed over, on their way. */
  underWay: Frame[] = [];
  /** Names of the calls whose OPEN this end has handed over, in order. */
  readonly sent: string[] = [];
  /** Names of the calls that the other end has opened, in order. */
  readonly opened: string[] = [];
  readonly #names = new Map<number, string>();

  constructor(role: "client" | "gateway") {
    this.peer = new Peer({
      role,
      limits: DEFAULT_LIMITS,
      control,
      peerLimits: { ...DEFAULT_LIMITS, framePayload: 1_024 },
      peerContents: [1, 2, 3, 4],
      features: [],
    });
    const { replay } = DEFAULT_LIMITS;
    this.delivery = new Delivery({ source: this.peer, limits: DEFAULT_LIMITS, peerReplay: replay });
  }

  call(tool: string, turn: string | undefined, octets: number): number {
    const body = { content: 4, octets: new Uint8Array(octets) };
    const call = this.peer.open({ tool, turn, callId: "c", body });
    this.#names.set(call, `${tool} ${turn}`);
    return call;
  }

  hand(frames: number): void {
    for (let left = frames; left > 0; left--) {
      const frame = this.delivery.nextFrame(0);
      if (frame === undefined) return;
      this.underWay.push(frame);
      this.#events();
    }
  }

  /** Takes what the other end has on its way, as one message. */
  take(from: End, carriage: Carriage, frames: number): void {
    const taken = from.underWay.splice(0, frames);
    if (taken.length === 0) return;
    const envelope = carriage.recognise(carriage.encode(TAG, taken, 0));
    if (envelope === undefined) throw new Error("not recognised");
    for (const frame of carriage.decode(envelope, DEFAULT_LIMITS)) {
      if (frame.type === "ack" || frame.type === "open" || frame.type === "data" || frame.type === "end") {
        this.delivery.frame(frame, 0);
      } else if (frame.type === "reset" || frame.type === "accept") this.delivery.frame(frame, 0);
      else throw new Error(`${frame.type} was not expected`);
      this.#events();
    }
  }

  #events(): void {
    for (let event = this.peer.nextEvent(); event !== undefined; event = this.peer.nextEvent()) {
      if (event.type === "sent") this.sent.push(this.#names.get(event.call) ?? "");
      if (event.type === "open") {
        this.opened.push(`${event.tool} ${event.turn}`);
        this.peer.end(event.call, { ok: true, body: { content: 0, octets: new Uint8Array(0) } });
      }
      if (event.type === "reset") throw new Error("what was not handed over needs no RESET");
    }
  }
}

type Step =
  | { readonly do: "call"; readonly by: number; readonly tool: number; readonly turn: number; readonly octets: number }
  | { readonly do: "take back"; readonly by: number }
  | { readonly do: "hand" | "take"; readonly by: number; readonly frames: number }
  | { readonly do: "cut" };

const by = fc.nat(1);
const frames = fc.integer({ min: 1, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("call"),
      by,
      tool: fc.nat(50),
      turn: fc.nat(60),
      octets: fc.constantFrom(0, 10, 3_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take back"), by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("hand", "take"), by, frames }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut") }) },
);

/** Loses what is on its way, and goes on over another channel. */
function cut(ends: readonly [End, End], carriage: Carriage): void {
  for (const end of ends) {
    end.underWay = [];
    end.delivery.leave();
  }
  const [a, b] = ends;
  expect([a.delivery.resume(b.delivery.received), b.delivery.resume(a.delivery.received)], carriage.name).toEqual([
    true,
    true,
  ]);
}

/** Each test makes many runs, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

describe("both ends of a session", { timeout: PATIENCE_MS }, () => {
  it.each(CARRIAGES)("see the same names, whatever is cut and taken back, in $name carriage [CALL-016]", (carriage) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 300, size: "max" }), (steps) => {
        const ends = [new End("client"), new End("gateway")] as const;
        const latest: (number | undefined)[] = [undefined, undefined];
        for (const taken of steps) {
          if (taken.do === "cut") {
            cut(ends, carriage);
            continue;
          }
          const [end, other] = taken.by === 0 ? ends : ([ends[1], ends[0]] as const);
          if (taken.do === "call") {
            latest[taken.by] = end.call(
              `tool.${taken.tool}`,
              taken.turn > 50 ? undefined : `turn.${taken.turn}`,
              taken.octets,
            );
          } else if (taken.do === "take back") {
            const call = latest[taken.by];
            latest[taken.by] = undefined;
            if (call !== undefined && end.underWay.length === 0) end.peer.reset(call, "cancelled");
          } else if (taken.do === "hand") {
            end.hand(taken.frames);
            latest[taken.by] = undefined;
          } else end.take(other, carriage, taken.frames);
        }
        for (let rounds = 0; rounds < 40; rounds++) {
          for (const [end, other] of [ends, [ends[1], ends[0]] as const]) {
            end.hand(100);
            other.take(end, carriage, 1_000);
          }
        }
        const [client, gateway] = ends;
        expect(gateway.opened.toSorted()).toEqual(client.sent.toSorted());
        expect(client.opened.toSorted()).toEqual(gateway.sent.toSorted());
      }),
      { numRuns: 60 },
    );
  });
});
