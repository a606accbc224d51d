import { describe, expect, it } from "vitest";
import { ack, ResumableGateway, types, type RawLine } from "../delivery/support/raw-resume.ts";
import { watch } from "../support/kit.ts";
import { offer } from "../support/raw.ts";

/** The identifiers of two calls that a gateway's latest session makes now. */
async function twoCalls(gateway: ResumableGateway, { raw }: RawLine): Promise<string[]> {
  raw.take();
  for (const input of [1, 2]) watch(gateway.side.latest.session.call("work", input));
  await gateway.time.settle();
  return raw.all("open").map(({ callId }) => callId);
}

const prefixOf = (callId: string | undefined) => callId?.slice(0, callId.indexOf(".") + 1);

describe("The identifier of a call", () => {
  it("is a new one for each call of a session, over all its connections, behind what belongs to the session alone [CALL-018]", async () => {
    const gateway = new ResumableGateway();
    const line = await gateway.open({}, ack(1), offer("work"));
    const first = await twoCalls(gateway, line);
    await gateway.cut(line);
    const next = await gateway.resume(line.welcome, 3);
    expect(types(next.raw.received)).toEqual(["welcome"]);
    const resumed = await twoCalls(gateway, next);
    const other = await gateway.open({}, ack(1), offer("work"));
    const others = await twoCalls(gateway, other);
    expect(new Set([...first, ...resumed, ...others]).size).toBe(6);
    const prefixes = [first, resumed, others].map(([callId]) => prefixOf(callId));
    expect(prefixes[0]).toBe(prefixes[1]);
    expect(prefixes[2]).not.toBe(prefixes[0]);
    for (const lost of [next, other]) await gateway.cut(lost);
  });
});
