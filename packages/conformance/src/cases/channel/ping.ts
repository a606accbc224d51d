/**
 * PING and PONG: that they are answered, and what silence comes to.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { FrameType } from "../../wire/constants.ts";
import { ownPeer } from "../calls/support.ts";
import { pause } from "../support.ts";

/** The suite's heartbeat interval where it plays the gateway, in milliseconds; a gateway under test has it from the limits "quick". */
const HEARTBEAT_MS = 300;

/** How often a peer is stopped until it is stopped before it asks: a machine may be busy. */
const TRIES = 5;

check({
  id: "chan.pong-echoes",
  title: "PONG has the id of its PING, whatever integer that is",
  covers: ["CHAN-001"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const ids = [0, 7, 128, 65_536, 2 ** 32, 2 ** 53 - 1];
    session.channel.send(...ids.map((id) => build.ping(id)));
    for (const id of ids) {
      const pong = await session.channel.take("pong");
      t.equal(pong.id, id, "The id of PONG", "CHAN-001");
    }
  },
});

check({
  id: "chan.asks-when-silent",
  title: "a side that hears nothing asks with PING within two heartbeat intervals",
  covers: ["CHAN-002.should"],
  role: "both",
  limits: "quick",
  level: "should",
  async run(t) {
    const session = await t.session({ welcome: { heartbeatMs: t.ms(HEARTBEAT_MS) } });
    await session.channel.take("ping", () => true, {
      within: HEARTBEAT_MS * 6,
      what: "PING after a heartbeat interval of silence",
    });
  },
});

check({
  id: "chan.heard-side-is-kept",
  title: "a peer that answers PING and says nothing else is kept",
  covers: ["CHAN-002"],
  role: "both",
  limits: "quick",
  async run(t) {
    const session = await t.session({ welcome: { heartbeatMs: t.ms(HEARTBEAT_MS) } });
    for (let asked = 0; asked < 3; asked++) {
      await session.channel.take("ping", () => true, { within: HEARTBEAT_MS * 4 });
    }
    await session.roundTrip();
    t.expect(session.channel.socket.open, "The channel was ended although its peer answered.", "CHAN-002");
  },
});

check({
  id: "chan.silent-side-is-left",
  title: "a side asks with PING, and ends the channel after two and a half intervals of silence",
  covers: ["CHAN-002"],
  role: "both",
  ways: ["binary", "text"],
  limits: "quick",
  async run(t) {
    const interval = t.ms(HEARTBEAT_MS);
    const session = await t.session({ welcome: { heartbeatMs: interval } });
    session.automatic.pong = false;
    session.automatic.ack = false;
    const spokeAt = performance.now();
    await session.roundTrip();
    await session.channel.take("ping", () => true, { within: HEARTBEAT_MS * 5 });
    const { code } = await session.channel.closed({ within: HEARTBEAT_MS * 8 });
    const endedAt = performance.now();
    // A few milliseconds for clocks that do not agree on a millisecond.
    const silent = endedAt - spokeAt + 5;
    t.expect(
      silent >= interval * 2.5,
      `The channel ended after ${Math.round(silent)} ms of silence; that is less than two and a half intervals.`,
      "CHAN-002",
    );
    if (t.role === "gateway") t.equal(code, 4408, "The code with which the gateway closed its socket", "CHAN-002");
  },
});

check({
  id: "chan.asks-before-it-leaves",
  title:
    "a side that was suspended for longer than its patience asks first, and waits one and a half intervals for an answer",
  covers: ["CHAN-002"],
  role: "both",
  // A host's socket stays open, and nothing is said there when the channel ends.
  ways: ["binary", "text"],
  limits: "quick",
  needs: ["command"],
  async run(t) {
    const interval = t.ms(HEARTBEAT_MS);
    const { session, process } = await ownPeer(t, { welcome: { heartbeatMs: interval } });
    session.automatic.pong = false;
    session.automatic.ack = false;
    const pings = (): number =>
      session.channel.frames.entries.filter(({ frame }) => frame.type === FrameType.ping).length;
    let continued: number | undefined;
    for (let tries = 0; tries < TRIES && continued === undefined; tries++) {
      await session.roundTrip();
      const before = pings();
      process.signal("SIGSTOP");
      await pause(t, HEARTBEAT_MS * 4);
      // One that had asked before it was stopped is not asked to ask again: it is heard, and stopped once more.
      if (pings() === before) continued = performance.now();
      process.signal("SIGCONT");
    }
    if (continued === undefined) throw new Unsupported("The machine is too busy to stop the peer before it asks.");
    await session.channel.closed({ within: HEARTBEAT_MS * 20 });
    const waited = performance.now() - continued + 5;
    t.expect(
      waited >= interval * 1.5,
      `The channel ended ${Math.round(waited)} ms after its peer went on; it cannot have waited one and a half intervals for an answer.`,
      "CHAN-002",
    );
  },
});
