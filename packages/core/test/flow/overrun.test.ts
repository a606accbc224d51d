/** Peers that send more of what needs nobody to read it than they were granted. Those of items are in `receiver.test.ts`. */
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/index.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { kit, never, watch } from "../support/kit.ts";
import { accept, cont, data, octets, ok, open } from "../support/raw.ts";
import { granted, pacedClient, pacedGateway, WINDOWS } from "./support/paced.ts";

const { streamCredit } = WINDOWS;

const PROGRESS = 1;

interface Paced {
  readonly session: Session;
  readonly say: (...frames: Frame[]) => Promise<Frame[]>;
}

/** A gateway that is called. */
async function called(): Promise<Paced> {
  const under = await pacedGateway();
  under.side.registry.implement(kit, { look: never, set: never, add: never, list: () => "none" });
  await under.time.settle();
  return { session: under.session, say: (...frames) => under.say(...frames) };
}

/** A client that has called, on stream 1. */
async function calling(): Promise<Paced> {
  const under = await pacedClient();
  watch(under.session.call("work", 1));
  await under.time.settle();
  await under.say(accept(1));
  return { session: under.session, say: (...frames) => under.say(...frames) };
}

const begun = (body: Uint8Array) => open(1, "look", null, { more: true, content: 4, body });

/** Sends a body of so many octets. */
const ways: readonly [what: string, make: () => Promise<Paced>, say: (length: number) => Frame[]][] = [
  ["arguments", called, (length) => [open(1, "look", "x".repeat(length - 2))]],
  ["arguments in parts", called, (length) => [begun(new Uint8Array(100)), cont(1, new Uint8Array(length - 100), true)]],
  ["progress", calling, (length) => [data(1, PROGRESS, "x".repeat(length - 2))]],
  ["a result", calling, (length) => [ok(1, "x".repeat(length - 2))]],
];

describe("A receiver whose peer sends beyond the credit of a stream", () => {
  it.each(ways)(
    "takes of %s what the window has, and ends the session at one octet more [FLOW-003]",
    async (_what, make, say) => {
      const honest = await make();
      const heard = await honest.say(...say(streamCredit));
      expect(heard.filter(({ type }) => type === "goaway")).toEqual([]);
      const hostile = await make();
      expect(await hostile.say(...say(streamCredit + 1))).toMatchObject([
        { type: "goaway", code: 8, requirement: "FLOW-003" },
      ]);
      expect(hostile.session.state).toBe("closed");
    },
  );

  it("counts from the latest grant on, however much was sent before [FLOW-003]", async () => {
    const { say } = await called();
    let limit: number = streamCredit;
    let sent = 0;
    for (let n = 0; n < 20; n++) {
      const body = octets("x".repeat(Math.min(3_000, limit - sent)));
      sent += body.length;
      const frames = await say(n === 0 ? begun(body) : cont(1, body, false));
      limit = granted(frames, 1).at(-1) ?? limit;
    }
    expect(sent).toBeGreaterThan(4 * streamCredit);
    expect(await say(cont(1, new Uint8Array(limit - sent + 1), false))).toMatchObject([
      { type: "goaway", requirement: "FLOW-003" },
    ]);
  });
});
