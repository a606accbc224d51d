/**
 * Identifiers of streams: who opens which, and that they grow (STREAM-001, STREAM-002, STREAM-009).
 *
 * @module
 */
import { openFrame } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { holding } from "./support.ts";

const GREATEST = 2 ** 31 - 1;

check({
  id: "streams.wrong-parity",
  title: "an OPEN on a stream whose identifier is the other side's to give ends the session",
  covers: ["STREAM-001"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.newStream() + 1;
    await t.breaks(session, "STREAM-001", () => {
      session.send(openFrame(session, { tool: "test.echo", input: 1, stream }).frame);
    });
  },
});

check({
  id: "streams.own-parity",
  title: "streams that the peer opens have its own kind of identifier, and each is greater than those before",
  covers: ["STREAM-001", "STREAM-002"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const odd = t.role === "client" ? 1 : 0;
    let before = 0;
    for (let i = 0; i < 4; i++) {
      const call = await t.peerCalls(session);
      const incoming = await call.incoming();
      const { stream } = incoming;
      t.expect(stream > 0 && stream % 2 === odd, `The peer opened stream ${stream}.`, "STREAM-001");
      t.expect(stream > before, `The peer opened stream ${stream} after stream ${before}.`, "STREAM-002");
      before = stream;
      // The first two are over when the next one is opened, the others are not.
      if (i < 2) await incoming.end("done");
    }
  },
});

check({
  id: "streams.identifier-again",
  title: "an OPEN with the identifier of a stream that is open ends the session",
  covers: ["STREAM-002"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const { stream } = await holding(t, session);
    await t.breaks(session, "STREAM-002", () => {
      session.send(openFrame(session, { tool: "test.echo", input: 1, stream }).frame);
    });
  },
});

check({
  id: "streams.identifier-used",
  title: "an OPEN with the identifier of a stream that is over ends the session",
  covers: ["STREAM-002"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.echo", input: 1 });
    await call.ended();
    await t.breaks(session, "STREAM-002", () => {
      session.send(openFrame(session, { tool: "test.echo", input: 1, stream: call.stream }).frame);
    });
  },
});

check({
  id: "streams.identifier-below",
  title: "an OPEN with an identifier below the greatest so far, which no stream had, ends the session",
  covers: ["STREAM-002"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const first = session.newStream();
    const call = await t.open(session, { tool: "test.echo", input: 1, stream: first + 10 });
    const ending = await call.ended();
    t.expect(ending.ok, "Identifiers may be left out.", "STREAM-002");
    await t.breaks(session, "STREAM-002", () => {
      session.send(openFrame(session, { tool: "test.echo", input: 1, stream: first + 2 }).frame);
    });
  },
});

check({
  id: "streams.greatest-identifier",
  title: "a stream may have the greatest identifier that there is",
  covers: ["STREAM-002"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.established.side === "client" ? GREATEST : GREATEST - 1;
    const call = await t.open(session, { tool: "test.echo", input: "last", stream });
    const ending = await call.ended();
    t.equal(ending.value, "last", "The result");
  },
});
