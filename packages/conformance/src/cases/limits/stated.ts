/**
 * What a side may not state about itself, and how many questions it may leave unread.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { gatewayHandshake } from "../../harness/handshake.ts";
import type { StatedLimits } from "../../harness/limits.ts";
import { check } from "../../suite/case.ts";
import type { SessionOptions } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { gaveUp, greet, refused } from "../handshake/support.ts";

/** Limits outside of their ranges in section 13. */
const OUTSIDE: readonly Partial<StatedLimits>[] = [
  { framePayload: 1_023 },
  { framePayload: 1_048_577 },
  { streams: 65_537 },
  { replay: 1_023 },
  { replay: 2 ** 31 + 1 },
  { streamCredit: 1_023 },
  { streamCredit: 2 ** 30 + 1 },
  { channelCredit: 1_023 },
  { channelCredit: 2 ** 30 + 1 },
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
  async run(t) {
    for (const limits of OUTSIDE) {
      const channel = await t.socket({ label: JSON.stringify(limits) });
      greet(channel, { limits });
      const { message } = await refused(t, channel, { code: "invalid_argument", clause: "LIMIT-005" });
      t.expect(message.endsWith("[LIMIT-005]"), `REFUSE does not name LIMIT-005: "${message}"`, "HAND-013");
    }
  },
});

check({
  id: "limit.welcome-outside",
  title: "a WELCOME with a limit or a heartbeat interval outside of its range is a protocol error",
  covers: ["LIMIT-005"],
  role: "client",
  async run(t) {
    const bad = [...OUTSIDE.map((limits) => ({ limits })), { heartbeatMs: 9 }, { heartbeatMs: 3_600_001 }];
    for (const welcome of bad) {
      const channel = await t.socket({ label: JSON.stringify(welcome) });
      await gatewayHandshake(channel, { audience: t.audience, challenge: t.ownEndpoint, ...welcome });
      await gaveUp(t, channel, { clause: "LIMIT-005", code: "invalid_argument", requirement: "LIMIT-005" });
    }
  },
});

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
    const session = await t.session({ ...plain, ...own });
    const flood = await t.open(session, { tool: "test.stream", input: { items: 1, size: 60_000, endless: true } });
    await flood.item();
    const { socket } = session.channel;
    socket.pause();
    for (let round = 0; round < 3; round++) {
      // Until the socket takes nothing more: nothing that could be read says so.
      await delay(t.ms(300));
      for (let sent = 0; sent < PINGS; sent += BATCH) {
        session.channel.send(...Array.from({ length: BATCH }, () => build.ping(1)));
      }
    }
    await delay(t.ms(300));
    socket.resume();
    const { requirement, code } = await session.goaway({ within: 8_000 });
    t.equal({ requirement, code }, { requirement: "LIMIT-004", code: 8 }, "What GOAWAY says", "LIMIT-004");
  },
});
