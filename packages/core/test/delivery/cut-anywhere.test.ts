import { describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { Application, tools, type View } from "./support/exchange.ts";
import { ShakyWorld, type Fault, type Sender, type ShakyOptions } from "./support/shaky-world.ts";

/** Each test makes some hundred runs, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

const FAULTS: readonly Fault[] = [
  "before it arrives",
  "when it has arrived",
  "when it was answered",
  "for the client alone",
  "for the gateway alone",
];

/** Bodies take several frames, items wait for room, silence is found soon, and cancelled calls wait for the truth. */
const ROOMY: Partial<Limits> = {
  framePayload: 1_024,
  unsentItems: 1_024,
  heartbeatMs: 1_000,
  cancelVerdictMs: 600_000,
};

/** Little is kept for replay: most frames wait for an acknowledgement. */
const TIGHT: Partial<Limits> = { ...ROOMY, replay: 2_048 };

const AT_REST = { outgoing: 0, incoming: 0 };

interface Run {
  readonly views: readonly [client: View, gateway: View];
  /** Frames that were under way until both were done. */
  readonly frames: Readonly<Record<Sender, number>>;
  readonly world: ShakyWorld;
}

/** Both sides exercise each other at the same time, to the end. */
async function run(limits: Partial<Limits>, fault?: ShakyOptions["fault"]): Promise<Run> {
  const world = new ShakyWorld({ limits, clientLimits: limits, ...(fault === undefined ? {} : { fault }) });
  const [atClient, atGateway] = [new Application(), new Application()];
  const { session } = world.clientSide;
  world.gatewaySide.registry.implement(tools, atGateway.handlers);
  session.implement(tools, atClient.handlers);
  // The session stands, and all that was said about that is acknowledged.
  await world.pass(500);
  world.watch();
  const both = [atClient.exercise(session, atGateway), atGateway.exercise(world.gatewaySide.latest.session, atClient)];
  await world.until(Promise.all(both));
  const frames = { ...world.frames };
  // Whatever were to come late, or twice, would be seen.
  for (let steps = 0; steps < 20; steps++) await world.pass(200);
  // A side that was not told of a cut notices it by its heartbeat.
  await world.pass(60_000);
  return { views: [atClient.view, atGateway.view], frames, world };
}

/** What is left of a run when all is said. */
function rest({ world }: Run): unknown {
  const { resumption, session } = world.clientSide;
  const { sessions, resumable } = world.gatewaySide;
  return {
    kept: resumption.kept,
    calls: [session.activeCalls, ...sessions.map((side) => side.session.activeCalls)],
    states: [session.state, ...sessions.map((side) => side.session.state)],
    parked: resumable.parked,
  };
}

/** As {@link rest} should be: one session on either side, and nothing open, kept or parked. */
const nothingLeft = {
  kept: { octets: 0, frames: 0 },
  calls: [AT_REST, AT_REST],
  states: ["ready", "ready"],
  parked: 0,
};

describe.each([
  ["with room for replay", ROOMY],
  ["with hardly any room for replay", TIGHT],
])("An exchange in both directions, %s,", (_room, limits) => {
  describe.each(["client", "gateway"] as const)("cut once, at any frame of the %s,", (from) => {
    it.each(FAULTS)(
      "%s, looks to both applications as one that is not cut",
      async (fault) => {
        const uncut = await run(limits);
        expect(uncut.frames[from]).toBeGreaterThan(70);
        for (let frame = 1; frame <= uncut.frames[from]; frame++) {
          const cut = await run(limits, (sender, nth) => (sender === from && nth === frame ? fault : undefined));
          expect(cut.views, `cut at frame ${frame}`).toEqual(uncut.views);
          expect([cut.world.faults, rest(cut)], `cut at frame ${frame}`).toEqual([1, nothingLeft]);
        }
      },
      PATIENCE_MS,
    );
  });

  it.each(["client", "gateway"] as const)(
    "cut at every n-th frame of the %s on each connection, now in this way and now in that, looks the same",
    async (from) => {
      const uncut = await run(limits);
      for (let every = 4; every <= 40; every++) {
        let faults = 0;
        const cut = await run(limits, (sender, _nth, onChannel) =>
          sender === from && onChannel === every ? FAULTS[faults++ % FAULTS.length] : undefined,
        );
        expect(cut.views, `cut at every frame ${every}`).toEqual(uncut.views);
        expect(cut.world.faults).toBeGreaterThan(1);
      }
    },
    PATIENCE_MS,
  );
});
