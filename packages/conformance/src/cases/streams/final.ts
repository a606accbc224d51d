/**
 * FINAL, on the last frame of a side's last body and on no other (STREAM-006).
 *
 * @module
 */
import type { CallOptions } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import type { Value } from "../../wire/body.ts";
import { Content, Flag, FrameType } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import { beginEcho, bodyFramesOn } from "./support.ts";

const isFinal = (frame: Frame): boolean => (frame.flags & Flag.final) !== 0;
const withFlags = (frame: Frame, flags: number): Frame => ({ ...frame, flags });
const PART = new TextEncoder().encode("part");
const LIMITS = { limits: { framePayload: 1_024 } };

check({
  id: "streams.final-of-arguments",
  title: "the last frame of the arguments has FINAL, and no other has",
  covers: ["STREAM-006.1", "STREAM-006.2"],
  role: "both",
  async run(t) {
    const session = await t.session({ hello: LIMITS, welcome: LIMITS });
    for (const input of ["short", "x".repeat(5_000)]) {
      const call = await t.peerCalls(session, { input });
      const incoming = await call.incoming();
      t.equal(await incoming.input(), input, "The arguments");
      const frames = bodyFramesOn(session, incoming.stream);
      t.expect(frames.length > 1 === input.length > 1_000, "The frames are as many as they need be.", "FRAME-001");
      t.expect(
        frames.at(-1) !== undefined && frames.slice(-1).every(isFinal),
        "The last frame of the arguments has no FINAL.",
        "STREAM-006.1",
      );
      t.expect(!frames.slice(0, -1).some(isFinal), "A frame before the last one has FINAL.", "STREAM-006.2");
      await incoming.end();
    }
  },
});

check({
  id: "streams.final-of-results",
  title: "the last frame of the result has FINAL, and no other of the receiver has",
  covers: ["STREAM-006.1", "STREAM-006.2"],
  role: "both",
  async run(t) {
    const session = await t.session({ hello: LIMITS, welcome: LIMITS });
    const long = "x".repeat(5_000);
    const calls: readonly (readonly [call: CallOptions, result: Value | undefined])[] = [
      [{ tool: "test.echo", input: "short" }, "short"],
      [{ tool: "test.echo", input: long }, long],
      [{ tool: "test.stream", input: { items: 3, size: 2_000 } }, { items: 3 }],
      [{ tool: "test.slow", input: { ms: 20, progress: 3 } }, "done"],
      [{ tool: "test.fail", input: { how: "error" } }, undefined],
    ];
    for (const [options, result] of calls) {
      const call = await t.open(session, options);
      t.equal((await call.ended()).value, result, `The result of ${options.tool}`);
      const frames = bodyFramesOn(session, call.stream);
      t.expect(frames.slice(-1).every(isFinal), "The last frame of a result has no FINAL.", "STREAM-006.1");
      t.expect(!frames.slice(0, -1).some(isFinal), "A frame before the last one has FINAL.", "STREAM-006.2");
    }
  },
});

/** What the suite sends wrongly, as the opener. */
const OPENER: Readonly<Record<string, { readonly clause: string; readonly make: (open: Frame) => readonly Frame[] }>> =
  {
    "open-without-final": { clause: "STREAM-006.1", make: (open) => [withFlags(open, 0)] },
    "open-with-more-and-final": { clause: "STREAM-006.2", make: (open) => [withFlags(open, Flag.more | Flag.final)] },
    "arguments-without-final": {
      clause: "STREAM-006.1",
      make: (open) => [withFlags(open, Flag.more), build.cont(open.stream, PART)],
    },
    "arguments-with-final-too-early": {
      clause: "STREAM-006.2",
      make: (open) => [withFlags(open, Flag.more), build.cont(open.stream, PART, { more: true, final: true })],
    },
  };

for (const [name, { clause, make }] of Object.entries(OPENER)) {
  check({
    id: `streams.${name}`,
    title: `FINAL in the wrong place ends the session: ${name.replaceAll("-", " ")}`,
    covers: [clause],
    role: "both",
    async run(t) {
      const session = await t.session();
      const open = beginEcho(session, session.newStream(), 20);
      await t.breaks(session, "STREAM-006", () => session.sendRaw(...make(open)));
    },
  });
}

/** The same as the receiver of a call that it has accepted. */
const RECEIVER: Readonly<
  Record<string, { readonly clause: string; readonly make: (stream: number) => readonly Frame[] }>
> = {
  "item-with-final": {
    clause: "STREAM-006.2",
    make: (stream) => [withFlags(build.item(stream, Content.text, PART), Flag.final)],
  },
  "progress-with-final": {
    clause: "STREAM-006.2",
    make: (stream) => [withFlags(build.progress(stream, Content.text, PART), Flag.final)],
  },
  "item-that-ends-with-final": {
    clause: "STREAM-006.2",
    make: (stream) => [
      build.item(stream, Content.text, PART, { more: true }),
      build.cont(stream, PART, { final: true }),
    ],
  },
  "end-without-final": {
    clause: "STREAM-006.1",
    make: (stream) => [withFlags(build.end(stream, { content: Content.text }, PART), 0)],
  },
  "result-without-final": {
    clause: "STREAM-006.1",
    make: (stream) => [build.end(stream, { content: Content.text }, PART, { more: true }), build.cont(stream, PART)],
  },
  "end-with-more-and-final": {
    clause: "STREAM-006.2",
    make: (stream) => [withFlags(build.end(stream, { content: Content.text }, PART), Flag.more | Flag.final)],
  },
};

for (const [name, { clause, make }] of Object.entries(RECEIVER)) {
  check({
    id: `streams.${name}`,
    title: `FINAL in the wrong place ends the session: ${name.replaceAll("-", " ")}`,
    covers: [clause],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.peerCalls(session, { tool: "suite.stream" });
      const incoming = await call.incoming();
      incoming.accept();
      await t.breaks(session, "STREAM-006", () => session.sendRaw(...make(incoming.stream)));
    },
  });
}

check({
  id: "streams.empty-last-frame",
  title: "arguments may end with a frame that has no octets, and FINAL",
  covers: ["STREAM-006.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    const open = { ...beginEcho(session, stream), body: new TextEncoder().encode("all of it") };
    t.expect(open.type === FrameType.open, "It is OPEN.");
    session.send(open, build.cont(stream, new Uint8Array(0), { final: true }));
    const { body } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal(new TextDecoder().decode(body.octets), "all of it", "The result", "STREAM-006.1");
  },
});
