/**
 * The peer's own limits, which it has stated: what is beyond them ends the session.
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Content, Effect, OfferMode } from "../../wire/constants.ts";
import { unread } from "../flow/support.ts";

const TOO_MUCH = { code: "resource_exhausted", close: 1009 } as const;

/** Sends a progress report of so many octets, as credit comes. `unfinished`: without its end. */
async function longProgress(session: Session, stream: number, octets: number, unfinished = false): Promise<void> {
  const size = session.established.peer.framePayload - 16;
  for (let at = 0; at < octets; at += size) {
    const part = Buffer.alloc(Math.min(size, octets - at), "p");
    const more = at + size < octets || unfinished;
    await session.creditFor(stream, part.length);
    session.useCredit(stream, part.length);
    const frame = at === 0 ? build.progress(stream, Content.text, part, { more }) : build.cont(stream, part, { more });
    session.send(frame);
  }
}

check({
  id: "limit.progress-too-long",
  title: "a progress report longer than message ends the session",
  covers: ["LIMIT-001.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { incoming } = await unread(t, session);
    const { message } = session.established.peer;
    await t.breaks(
      session,
      "LIMIT-001.2",
      () => longProgress(session, incoming.stream, message + 1).catch(() => {}),
      TOO_MUCH,
    );
  },
});

check({
  id: "limit.grows-too-long",
  title: "a progress report, or an item, that has grown beyond message ends the session although it goes on",
  covers: ["LIMIT-001.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const reporting = await t.session({ label: "progress" });
    const { message } = reporting.established.peer;
    const report = await unread(t, reporting);
    const grow = (): Promise<void> =>
      longProgress(reporting, report.incoming.stream, message + 1_000, true).catch(() => {});
    await t.breaks(reporting, "LIMIT-001.2", grow, TOO_MUCH);
    const session = await t.session({ label: "item" });
    const { stream } = (await unread(t, session)).incoming;
    const size = 4_000;
    const goOn = (): void => {
      session.send(build.item(stream, Content.text, Buffer.alloc(size, "i"), { more: true }));
      for (let sent = size; sent <= message; sent += size) {
        session.send(build.cont(stream, Buffer.alloc(size, "i"), { more: true }));
      }
    };
    await t.breaks(session, "LIMIT-001.2", goOn, TOO_MUCH);
  },
});

check({
  id: "limit.progress-as-long",
  title: "a progress report and an item as long as message are taken",
  covers: ["LIMIT-001.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { message } = session.established.peer;
    const call = await t.peerCalls(session, { tool: "suite.stream", timeoutMs: t.ms(10_000) });
    const incoming = await call.incoming();
    incoming.accept();
    await longProgress(session, incoming.stream, message);
    await incoming.item("i".repeat(message));
    await incoming.end("both");
    t.equal((await call.settled()).value, "both", "The result", "LIMIT-001.2");
  },
});

check({
  id: "limit.item-too-long",
  title: "an item longer than message ends the session",
  covers: ["LIMIT-001.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { message } = session.established.peer;
    const { incoming } = await unread(t, session);
    await t.breaks(session, "LIMIT-001.2", () => incoming.item("i".repeat(message + 1)), TOO_MUCH);
  },
});

check({
  id: "limit.progress-beyond-assembling",
  title: "progress reports under way that together are more than assembling end the session",
  covers: ["LIMIT-001.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { message, assembling } = session.established.peer;
    const all = async (): Promise<void> => {
      // All but the last short of their ends, and the last one whole.
      for (let begun = 0; begun <= assembling; begun += message - 1_000) {
        const { incoming } = await unread(t, session);
        const last = begun + message - 1_000 > assembling;
        await longProgress(session, incoming.stream, message - 1_000, !last);
      }
    };
    await t.breaks(session, "LIMIT-001.2", () => all().catch(() => {}), TOO_MUCH);
  },
});

check({
  id: "limit.offered-tools",
  title: "an offer of more tools than the limit ends the session, and one of as many does not",
  covers: ["LIMIT-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const tools = Array.from({ length: t.limits["offeredTools"] ?? 64 }, (_, index) => ({
      name: `tool.n${index}`,
      effect: Effect.read,
    }));
    session.send(build.offer(OfferMode.replace, tools));
    await session.roundTrip();
    // One more, by another name.
    const oneMore = (): void => session.send(build.offer(OfferMode.add, [{ name: "more", effect: Effect.read }]));
    await t.breaks(session, "LIMIT-002", oneMore, TOO_MUCH);
  },
});

check({
  id: "limit.meta-entries",
  title: "a call with more meta than the limit ends the session, and one with as much does not",
  covers: ["LIMIT-003"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const meta = (entries: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: entries }, (_, index) => [`m${index}`, "v"]));
    const most = t.limits["metaEntries"] ?? 4;
    const call = await t.open(session, { tool: "test.echo", input: "meta", meta: meta(most) });
    t.equal((await call.ended()).value, "meta", "What a call with as much meta as the limit answers", "LIMIT-003");
    const more = (): unknown => t.open(session, { tool: "test.echo", input: "meta", meta: meta(most + 1) });
    await t.breaks(session, "LIMIT-003", more, TOO_MUCH);
  },
});
