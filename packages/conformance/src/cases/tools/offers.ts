/**
 * What a side offers, and what is made of what it is offered (TOOL-001 to TOOL-003).
 *
 * @module
 */
import { clientHandshake, gatewayHandshake } from "../../harness/handshake.ts";
import { KEYS } from "../../harness/keys.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import { SUITE_TOOLS, type Context } from "../../suite/context.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Effect, OfferMode } from "../../wire/constants.ts";
import { encodePayload, type Frame } from "../../wire/frame.ts";
import { offered } from "../keys/support.ts";
import { describe } from "./support.ts";

/** What a peer of either side offers to a session whose scopes are `test`. */
const COMMON = ["test.echo", "test.count", "test.counted", "test.slow", "test.stream", "test.fail", "test.failOnce"];

/** Waits until the peer offers a tool, or does not any more. */
async function untilOffered(session: Session, tool: string, offered = true): Promise<void> {
  while (session.offered.has(tool) !== offered) await session.channel.take("offer");
}

/** Waits until the peer offers all that it has. */
async function whole(session: Session): Promise<void> {
  for (const tool of COMMON) await untilOffered(session, tool);
  // OFFER is counted, and behind it nothing of it comes once a call was answered.
  await session.roundTrip();
}

check({
  id: "tools.names",
  title: "names that are offered are 1 to 64 of A-Z a-z 0-9 _ - . and none belongs to the protocol",
  covers: ["TOOL-001.1", "TOOL-001.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    await whole(session);
    for (const name of session.offered.keys()) {
      t.expect(/^[A-Za-z0-9_.-]{1,64}$/.test(name), `The peer offers ${JSON.stringify(name)}.`, "TOOL-001.1");
      t.expect(!name.startsWith("turnmux."), `The peer offers ${name}.`, "TOOL-001.3");
    }
  },
});

check({
  id: "tools.names-for-models",
  title: "no two names that are offered are equal once each dot is an underscore",
  covers: ["TOOL-001.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    await whole(session);
    const names = [...session.offered.keys()].map((name) => name.replaceAll(".", "_"));
    t.equal(new Set(names).size, names.length, "Names that differ for a model", "TOOL-001.2");
  },
});

/** Offers that break TOOL-001, each behind one of `suite.read`. */
const BAD: Readonly<Record<string, { readonly clause: string; readonly names: readonly string[] }>> = {
  "with-a-space": { clause: "TOOL-001.1", names: ["suite read"] },
  "without-a-letter": { clause: "TOOL-001.1", names: [""] },
  "with-an-umlaut": { clause: "TOOL-001.1", names: ["suite.lösche"] },
  "alike-for-a-model": { clause: "TOOL-001.2", names: ["suite.one_two", "suite.one.two"] },
  "of-the-protocol": { clause: "TOOL-001.3", names: ["turnmux.mine"] },
};

for (const [name, { clause, names }] of Object.entries(BAD)) {
  check({
    id: `tools.offered-${name}`,
    title: `an offer of a name that must not be offered ends the session: ${name.replaceAll("-", " ")}`,
    covers: [clause],
    role: "both",
    async run(t) {
      const session = await t.session();
      const tools = names.map((tool) => ({ name: tool, effect: Effect.read }));
      await t.breaks(session, "TOOL-001", () => session.send(build.offer(OfferMode.add, tools)));
    },
  });
}

check({
  id: "tools.scopes-of-the-session",
  title: "a session is offered what its scopes allow, and nothing else",
  covers: ["TOOL-002.1"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    await whole(session);
    t.expect(
      !session.offered.has("test.secret"),
      "test.secret is offered to a session without its scope.",
      "TOOL-002.1",
    );
  },
});

check({
  id: "tools.scopes-of-a-wider-key",
  title: "what only the scopes of one session allow is offered to that session, and not to another one beside it",
  covers: ["TOOL-002.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const wider = await t.session({ label: "wider", hello: { key: KEYS.wide } });
    const session = await t.session({ label: "beside it" });
    await whole(wider);
    await untilOffered(wider, "test.secret");
    await whole(session);
    t.expect(!session.offered.has("test.secret"), "test.secret is offered beside its scope.", "TOOL-002.1");
  },
});

async function grant(t: Context, session: Session, scopes: readonly string[]): Promise<void> {
  const ending = await (await t.open(session, { tool: "test.grant", input: { scopes } })).ended();
  t.equal(offered(ending, "test.grant").value, "granted", "The result of test.grant");
}

check({
  id: "tools.scopes-that-change",
  title: "when the scopes of a session change it is told what is offered now",
  covers: ["TOOL-002.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    await whole(session);
    await grant(t, session, ["test", "test.secret"]);
    await untilOffered(session, "test.secret");
    t.equal((await (await t.open(session, { tool: "test.secret", input: {} })).ended()).value, "secret", "The result");
    await grant(t, session, ["test"]);
    await untilOffered(session, "test.secret", false);
    t.expect(
      COMMON.every((tool) => session.offered.has(tool)),
      "Something is offered no more.",
      "TOOL-002.2",
    );
    const ending = await (await t.open(session, { tool: "test.secret", input: {} })).ended();
    t.equal(ending.code, "permission_denied", "The code without the scope", "CALL-010.2");
  },
});

check({
  id: "tools.offer-in-several-frames",
  title: "an offer that does not fit into one frame comes in several: the first replaces, the next ones add",
  covers: ["TOOL-003"],
  role: "both",
  async run(t) {
    const limits = { framePayload: 1_024 };
    const channel = await t.socket();
    const { established } =
      t.role === "gateway"
        ? await clientHandshake(channel, { limits })
        : await gatewayHandshake(channel, { audience: t.audience, challenge: t.ownEndpoint, limits });
    const session = t.adopt(channel, established);
    // A client's application has its session once it was offered something.
    session.send(build.offer(OfferMode.replace, SUITE_TOOLS));
    const offers: Frame[] = [];
    const take = async (): Promise<unknown> => offers.push((await channel.take("offer")).received.frame);
    // A client may say OFFER before it has tools, and again when it has them.
    while (!COMMON.every((tool) => session.offered.has(tool))) await take();
    await session.roundTrip();
    while (channel.has("offer")) await take();
    for (const frame of offers) {
      t.expect(encodePayload(frame).length <= 1_024, "An OFFER is longer than framePayload.", "FRAME-001");
    }
    const names = [...(await describe(t, session, {})).keys()];
    t.equal([...session.offered.keys()].toSorted(), names.toSorted(), "What is offered in all", "TOOL-003");
    const modes = offers.map(({ header }) => header?.[0]);
    if (!modes.includes(OfferMode.add)) throw new Unsupported("All that the peer offers fits into 1,024 octets.");
    t.equal(modes[0], OfferMode.replace, "The mode of the first OFFER", "TOOL-003");
  },
});

/** The items that the peer's application gets of a call of `suite.many`, of which the suite sends one. */
async function callOfMany(t: Context, session: Session): Promise<{ items: unknown; hasKey: boolean }> {
  // A client hears of the call by another way than of the offer.
  await session.roundTrip();
  const call = await t.peerCalls(session, { tool: "suite.many" });
  const incoming = await call.incoming();
  const hasKey = incoming.open.key !== undefined;
  incoming.accept();
  await incoming.item("one");
  await incoming.end("done");
  const settled = await call.settled();
  if (t.role === "gateway") return { items: settled.items, hasKey };
  const { process, name } = t.driver(session);
  const item = process.events(name).takeNow((event) => event.event === "item");
  return { items: item === undefined ? undefined : [item["value"]], hasKey };
}

check({
  id: "tools.offers-add-and-remove",
  title: "an OFFER that adds leaves what was offered, one that removes takes it away, and one that replaces takes all",
  covers: ["TOOL-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const many = { name: "suite.many", effect: Effect.read, streams: true };
    const there = async (what: string): Promise<void> => {
      t.equal((await callOfMany(t, session)).items, ["one"], what, "TOOL-003");
    };
    // The effect of a tool that is not offered is not known, and so its call has a key (KEY-012).
    const gone = async (what: string): Promise<void> => {
      t.equal((await callOfMany(t, session)).hasKey, true, what, "TOOL-003");
    };
    session.send(build.offer(OfferMode.add, [many]));
    session.send(build.offer(OfferMode.add, [{ name: "suite.more", effect: Effect.read }]));
    await there("The items of a tool that was added");
    session.send(build.offer(OfferMode.remove, ["suite.read"]));
    await there("The items when another tool was removed");
    session.send(build.offer(OfferMode.remove, ["suite.many"]));
    await gone("Whether a call has a key whose tool was removed");
    session.send(build.offer(OfferMode.add, [many]));
    await there("The items of a tool that is there again");
    session.send(build.offer(OfferMode.replace, [{ name: "suite.other", effect: Effect.read }]));
    await gone("Whether a call has a key whose tool was replaced");
    session.send(build.offer(OfferMode.add, [many]));
    await there("The items of a tool that is there once more");
  },
});
