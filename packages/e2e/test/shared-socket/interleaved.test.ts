import { describe, expect, it } from "vitest";
import { listenByEvent, listenByOn, listenInEveryWay } from "./support/forms.ts";
import { recordSession } from "./support/recording.ts";
import { PATIENCE_MS, seeded } from "./support/seed.ts";
import { closing, openStanding } from "./support/shared.ts";
import { WsHost } from "./support/ws-host.ts";
import { makeCalls } from "./traffic/calls.ts";
import { Hearing } from "./traffic/hearing.ts";
import { hostMessages } from "./traffic/host-messages.ts";

/** In each direction. */
const MESSAGES = 5_000;
const CALLS = 5_000;

describe.each(["binary", "text"] as const)(
  "10,000 messages of a host among 10,000 calls, by %s carriage",
  (carriage) => {
    it(
      "arrive untouched and in order, at every listener, and nothing else does; every call gets its own result",
      seeded(async (seed) => {
        const recorded = [...(await recordSession("binary")), ...(await recordSession("text"))];
        const up = hostMessages({ seed, count: MESSAGES, recorded });
        const down = hostMessages({ seed: seed + 1, count: MESSAGES, recorded });
        const hearings: Hearing[] = [];
        const shared = await openStanding({
          client: { carriage },
          near: (socket) => {
            hearings.push(...listenInEveryWay(socket, "the server, before", up));
          },
          far: (socket) => {
            socket.binaryType = "arraybuffer";
            hearings.push(...listenInEveryWay(socket, "the client, before", down));
          },
        });
        const { near, far, client, session, atGateway, atClient } = shared;
        const hearsUp = listenByOn(near, new Hearing("the server, on, after", up));
        const hearsDown = listenByOn(far, new Hearing("the client, on, after", down));
        hearings.push(
          hearsUp,
          hearsDown,
          listenByEvent(near, new Hearing("the server, addEventListener, after", up)),
          listenByEvent(far, new Hearing("the client, addEventListener, after", down)),
        );
        const atNear = new WsHost(near, down, seed + 2);
        const atFar = new WsHost(far, up, seed + 3);
        const mixed = new Set<string>();
        near.on("message", () => mixed.add(`up ${atGateway.runs.count}`));
        far.on("message", () => mixed.add(`down ${atClient.runs.count}`));

        const made = await Promise.all([
          makeCalls(client, {
            seed: seed + 4,
            count: CALLS,
            before: (index) => {
              if (index === CALLS / 2)
                hearings.push(listenByOn(near, new Hearing("the server, in between", up, hearsUp.heard)));
              return atFar.say();
            },
          }),
          makeCalls(session, {
            seed: seed + 5,
            count: CALLS,
            before: (index) => {
              if (index === CALLS / 2)
                hearings.push(listenByOn(far, new Hearing("the client, in between", down, hearsDown.heard)));
              return atNear.say();
            },
          }),
        ]);
        await Promise.all([atNear.finish(), atFar.finish()]);
        await Promise.all(hearings.map((hearing) => hearing.until()));
        const closed = Promise.all([closing(near), closing(far)]);
        far.close(4321, "the host has said it all");

        expect(await closed).toEqual([
          [4321, "the host has said it all"],
          [4321, "the host has said it all"],
        ]);
        for (const hearing of hearings) hearing.finish();
        expect(made).toEqual([CALLS, CALLS]);
        expect([atGateway.runs.count, atClient.runs.count]).toEqual([CALLS, CALLS]);
        expect([atNear.pongs, atFar.pinged]).toEqual([atNear.pings, atNear.pings]);
        expect([atFar.pongs, atNear.pinged]).toEqual([atFar.pings, atFar.pings]);
        expect([atNear.pings.length > 0, atFar.pings.length > 0]).toEqual([true, true]);
        // They did come among each other.
        expect(mixed.size).toBeGreaterThan(MESSAGES / 5);
      }),
      PATIENCE_MS,
    );
  },
);
