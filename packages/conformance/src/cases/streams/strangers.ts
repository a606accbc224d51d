/**
 * Frames of streams that were never opened, and of those that are over (STREAM-003).
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Content } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import { unopened } from "./support.ts";

const JSON_ONE = new TextEncoder().encode("1");

/** Frames that may come on a stream, each with whose stream would be right for it. */
const FRAMES: Readonly<
  Record<string, { readonly opener: "suite" | "peer"; readonly make: (stream: number) => Frame }>
> = {
  accept: { opener: "peer", make: (stream) => build.accept(stream) },
  item: { opener: "peer", make: (stream) => build.item(stream, Content.json, JSON_ONE) },
  progress: { opener: "peer", make: (stream) => build.progress(stream, Content.json, JSON_ONE) },
  end: { opener: "peer", make: (stream) => build.end(stream) },
  arguments: { opener: "suite", make: (stream) => build.cont(stream, JSON_ONE, { final: true }) },
  reset: { opener: "suite", make: (stream) => build.reset(stream) },
};

for (const [name, { opener, make }] of Object.entries(FRAMES)) {
  check({
    id: `streams.unopened-${name}`,
    title: `${name} on a stream that ${opener === "peer" ? "the peer" : "its sender"} never opened ends the session`,
    covers: ["STREAM-003.1"],
    role: "both",
    async run(t) {
      const session = await t.session();
      await t.breaks(session, "STREAM-003", () => session.sendRaw(make(unopened(session, opener))));
    },
  });
}

for (const name of ["arguments", "reset"]) {
  check({
    id: `streams.unopened-${name}-of-the-other`,
    title: `${name} on a stream that the other side would have to open, and has not, ends the session`,
    covers: ["STREAM-003.1"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const frame = FRAMES[name]?.make(unopened(session, "peer"));
      await t.breaks(session, "STREAM-003", () => frame !== undefined && session.sendRaw(frame));
    },
  });
}

check({
  id: "streams.late-frames-of-the-opener",
  title: "DATA and RESET of the opener that crossed with END are dropped, and the session goes on",
  covers: ["STREAM-003.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.echo", input: "first" });
    await call.ended();
    // Counted as any others, so that acknowledgements go on.
    session.send(build.cont(call.stream, new Uint8Array(300), { more: true }));
    session.send(build.cont(call.stream, JSON_ONE, { final: true }));
    session.send(build.reset(call.stream), build.reset(call.stream, { code: 4 }));
    await session.roundTrip();
    const next = await t.open(session, { tool: "test.echo", input: "second" });
    t.equal((await next.ended()).value, "second", "The result of the next call");
    t.expect(call.inbound.ended.entries.length === 0, "The call ended twice.", "CALL-004");
  },
});

for (const name of ["accept", "item", "end"]) {
  check({
    id: `streams.late-${name}`,
    title: `${name} of the receiver on a stream that it has ended ends the session`,
    covers: ["STREAM-003.3"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.peerCalls(session);
      const incoming = await call.incoming();
      await incoming.end("done");
      await session.roundTrip();
      const frame = FRAMES[name]?.make(incoming.stream);
      await t.breaks(session, "STREAM-003", () => frame !== undefined && session.sendRaw(frame));
    },
  });
}

for (const name of ["accept", "end"]) {
  check({
    id: `streams.late-${name}-of-the-opener`,
    title: `${name} of the opener on a stream of its own that is over ends the session`,
    covers: ["STREAM-003.3"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.open(session, { tool: "test.echo", input: "first" });
      await call.ended();
      const frame = FRAMES[name]?.make(call.stream);
      await t.breaks(session, "STREAM-003", () => frame !== undefined && session.sendRaw(frame));
    },
  });
}
