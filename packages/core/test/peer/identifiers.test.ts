import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, MAX_STREAM_ID } from "../../src/limits.ts";
import { Peer } from "../../src/peer/peer.ts";
import { NO_BODY, type CallNumber, type PortEvent } from "../../src/peer/port.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { ok, RAW_LIMITS } from "../support/raw.ts";

/** A peer of a client whose channel only takes notes. */
function peerAt(firstStream: number) {
  const said: string[] = [];
  const peer: Peer = new Peer({
    role: "client",
    limits: DEFAULT_LIMITS,
    peerLimits: RAW_LIMITS,
    peerContents: [1, 2, 3, 4],
    features: [],
    firstStream,
    control: {
      drain: () => said.push("drain"),
      drained: (message) => {
        said.push("drained");
        peer.channelEnded({ cause: "closed", code: "unavailable", message, byPeer: false }, 0);
      },
      close: () => said.push("close"),
      fail: () => said.push("fail"),
      wake: () => {},
      ready: () => {},
    },
  });
  const open = (): CallNumber => peer.open({ tool: "echo", callId: "c", body: NO_BODY });
  const written = (): Frame[] => {
    const frames: Frame[] = [];
    for (let frame = peer.nextFrame(0); frame !== undefined; frame = peer.nextFrame(0)) frames.push(frame);
    return frames;
  };
  const events = (): PortEvent[] => {
    const taken: PortEvent[] = [];
    for (let event = peer.nextEvent(); event !== undefined; event = peer.nextEvent()) taken.push(event);
    return taken;
  };
  return { peer, said, open, written, events };
}

describe("stream identifiers", () => {
  it("grow by two, up to the greatest there is", () => {
    const { open, written } = peerAt(MAX_STREAM_ID - 4);
    for (let i = 0; i < 3; i++) open();
    expect(written()).toMatchObject([
      { type: "open", stream: MAX_STREAM_ID - 4 },
      { type: "open", stream: MAX_STREAM_ID - 2 },
      { type: "open", stream: MAX_STREAM_ID },
    ]);
  });

  it("drain the session when they are used up: what is open finishes, the rest is for the next one", () => {
    const { peer, said, open, written, events } = peerAt(MAX_STREAM_ID);
    const first = open();
    const second = open();
    const third = open();
    expect(written()).toMatchObject([{ type: "open", stream: MAX_STREAM_ID }]);
    expect(said).toEqual(["drain"]);
    expect(events()).toMatchObject([
      { type: "sent", call: first },
      { type: "end", call: second, again: "untaken", ending: { code: "unavailable", outcome: "not_started" } },
      { type: "end", call: third, again: "untaken" },
    ]);
    const fourth = open();
    expect(events()).toMatchObject([{ type: "end", call: fourth, again: "untaken" }]);
    peer.frame(ok(MAX_STREAM_ID, "fine"), 0);
    expect(events()).toMatchObject([
      { type: "end", call: first, ending: { ok: true } },
      { type: "ended", end: { code: "unavailable" } },
    ]);
    expect(said).toEqual(["drain", "drained"]);
    expect(peer.openCalls).toBe(0);
  });

  it("end the session at once where nothing is open", () => {
    const { said, open, written, events } = peerAt(MAX_STREAM_ID + 2);
    const only = open();
    expect(written()).toEqual([]);
    expect(said).toEqual(["drain", "drained"]);
    expect(events()).toMatchObject([
      { type: "end", call: only, again: "untaken", ending: { message: expect.stringContaining("STREAM-009") } },
      { type: "ended" },
    ]);
  });
});
