/**
 * What a side may not state about itself, and how many questions it may leave unread.
 *
 * @module
 */
import { gatewayHandshake, type GatewayHandshakeOptions } from "../../harness/handshake.ts";
import type { StatedLimits } from "../../harness/limits.ts";
import { check } from "../../suite/case.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { gaveUp, greet, refused } from "../handshake/support.ts";
import { pause } from "../support.ts";

/** Limits outside of their ranges in section 13. */
const OUTSIDE: readonly Partial<StatedLimits>[] = [
  { framePayload: 1_023 },
  { framePayload: 1_048_577 },
  { streams: 65_537 },
];

/** Those that count where both sides have agreed on a feature. */
const OUTSIDE_WITH: readonly (readonly [feature: "delivery" | "credit", limits: readonly Partial<StatedLimits>[]])[] = [
  ["delivery", [{ replay: 1_023 }, { replay: 2 ** 31 + 1 }]],
  [
    "credit",
    [{ streamCredit: 1_023 }, { streamCredit: 2 ** 30 + 1 }, { channelCredit: 1_023 }, { channelCredit: 2 ** 30 + 1 }],
  ],
];

/** Limits at the ends of their ranges. */
const INSIDE: readonly Partial<StatedLimits>[] = [
  { framePayload: 1_024, streams: 0, replay: 1_024, streamCredit: 1_024, channelCredit: 1_024 },
  { framePayload: 1_048_576, streams: 65_536, replay: 2 ** 31, streamCredit: 2 ** 30, channelCredit: 2 ** 30 },
];

check({
  id: "limit.hello-outside",
  title: "a HELLO with a limit outside of its range is refused",
  covers: ["LIMIT-005"],
  role: "gateway",
  run: async (t) => refusedHellos(t, OUTSIDE),
});

async function refusedHellos(t: Context, outside: readonly Partial<StatedLimits>[]): Promise<void> {
  for (const limits of outside) {
    const channel = await t.socket({ label: JSON.stringify(limits) });
    greet(channel, { limits });
    const { message } = await refused(t, channel, { code: "invalid_argument", clause: "LIMIT-005" });
    t.expect(message.endsWith("[LIMIT-005]"), `REFUSE does not name LIMIT-005: "${message}"`, "HAND-013.1");
  }
}

check({
  id: "limit.welcome-outside",
  title: "a WELCOME with a limit or a heartbeat interval outside of its range is a protocol error",
  covers: ["LIMIT-005"],
  role: "client",
  run: async (t) =>
    leftWelcomes(t, [...OUTSIDE.map((limits) => ({ limits })), { heartbeatMs: 9 }, { heartbeatMs: 3_600_001 }]),
});

async function leftWelcomes(t: Context, bad: readonly GatewayHandshakeOptions[]): Promise<void> {
  for (const welcome of bad) {
    const channel = await t.socket({ label: JSON.stringify(welcome) });
    await gatewayHandshake(channel, { audience: t.audience, challenge: t.ownEndpoint, ...welcome });
    await gaveUp(t, channel, { clause: "LIMIT-005", code: "invalid_argument", requirement: "LIMIT-005" });
  }
}

for (const [feature, outside] of OUTSIDE_WITH) {
  check({
    id: `limit.hello-outside-with-${feature}`,
    title: `a HELLO that asks for ${feature}, with a limit of it outside of its range, is refused`,
    covers: ["LIMIT-005"],
    role: "gateway",
    needs: [feature],
    async run(t) {
      // A session shows whether the peer has the feature.
      await t.session({ label: feature });
      await refusedHellos(t, outside);
    },
  });

  check({
    id: `limit.welcome-outside-with-${feature}`,
    title: `a WELCOME that agrees on ${feature}, with a limit of it outside of its range, is a protocol error`,
    covers: ["LIMIT-005"],
    role: "client",
    needs: [feature],
    async run(t) {
      await t.session({ label: feature });
      await leftWelcomes(
        t,
        outside.map((limits) => ({ limits })),
      );
    },
  });
}

check({
  id: "limit.stated-inside",
  title: "limits at the ends of their ranges are taken",
  covers: ["LIMIT-005"],
  role: "both",
  async run(t) {
    for (const limits of INSIDE) {
      const session = await t.session({ label: JSON.stringify(limits), hello: { limits }, welcome: { limits } });
      await session.roundTrip();
    }
  },
});

/** PINGs, of which the PONGs do not go into what lies ahead of a socket. */
const PINGS = 12_000;

/** PINGs in one message: less than may wait. */
const BATCH = 20;

/**
 * Asks so often, without reading, as no peer puts up with, and then reads whether it was left. Undefined where the peer's last word was lost with
 * the socket, or where `pauseMs` was too short for the socket to be full, or for the peer to have read so much.
 */
async function askWithoutReading(
  t: Context,
  options: SessionOptions,
  pauseMs: number,
): Promise<{ readonly requirement: string | undefined; readonly code: number } | undefined> {
  const session = await t.session({ label: `${pauseMs} ms`, ...options });
  const flood = await t.open(session, { tool: "test.stream", input: { items: 1, size: 60_000, endless: true } });
  await flood.item();
  const { socket } = session.channel;
  socket.pause();
  // Nothing that could be read says that the socket takes nothing more.
  await pause(t, pauseMs);
  for (let sent = 0; sent < PINGS; sent += BATCH) {
    session.channel.send(...Array.from({ length: BATCH }, () => build.ping(1)));
  }
  await pause(t, pauseMs);
  socket.resume();
  try {
    const { requirement, code } = await session.goaway({ within: 2_000 });
    return { requirement, code };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    socket.cut();
    return undefined;
  }
}

check({
  id: "limit.pings-unread",
  title: "a peer that asks, and does not read the answers, is left",
  covers: ["LIMIT-004"],
  role: "both",
  ways: ["binary"],
  needs: ["command"],
  alone: true,
  async run(t) {
    // So many may come that their rate does not matter, and nothing but the socket holds back what the peer sends.
    const limits = { pings: 1_000_000 };
    const plain: SessionOptions = { hello: { features: [] }, welcome: { features: [] }, connect: { limits } };
    const own = t.role === "gateway" ? { url: t.urlOf((await t.ownGateway(limits)).urls) } : {};
    for (const pauseMs of [150, 300, 600, 1_200]) {
      const goaway = await askWithoutReading(t, { ...plain, ...own }, pauseMs);
      if (goaway === undefined) continue;
      t.equal(goaway, { requirement: "LIMIT-004", code: 8 }, "What GOAWAY says", "LIMIT-004");
      return;
    }
    t.expect(false, `${PINGS} PINGs, while no PONG was read, came to no GOAWAY that arrived.`, "LIMIT-004");
  },
});
