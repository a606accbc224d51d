/** Items of octets, whose memory is used again on the way. */
import { connect, sharedToken } from "@turnmux/client";
import { createGateway, defineTools, tokenAuth, tool, type Session } from "@turnmux/gateway";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";

const SECRET = "a shared secret of the tests";

const tools = defineTools({
  pour: tool({
    description: "Gives octets",
    input: z.object({ seed: z.number(), count: z.number(), length: z.number() }),
    item: z.instanceof(Uint8Array),
    effect: "read",
    timeoutMs: 60_000,
  }),
});

function filled(octets: Uint8Array<ArrayBuffer>, seed: number, index: number): Uint8Array<ArrayBuffer> {
  return octets.fill((seed * 31 + index * 7) % 251);
}

/** Uses one buffer for all its items: turnmux has a copy of each when it asks for the next. */
async function* pour({
  seed,
  count,
  length,
}: {
  seed: number;
  count: number;
  length: number;
}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const octets = new Uint8Array(length);
  for (let index = 0; index < count; index++) yield filled(octets, seed, index);
}

it("Octets arrive as they were given, and stay so, in both directions at once, whatever their length", async () => {
  const gateway = createGateway();
  onTestFinished(() => gateway.close());
  gateway.implement(tools, { pour });
  const granted = Promise.withResolvers<Session>();
  const endpoint = gateway.listen({
    port: 0,
    auth: tokenAuth(SECRET, { principal: "alice", scopes: [] }),
    onSession: granted.resolve,
  });
  await endpoint.ready;
  const session = await connect(endpoint.url, { auth: sharedToken(SECRET) });
  onTestFinished(() => session.close());
  session.implement(tools, { pour });
  const lengths = [1_000, 16_384, 30_000, 65_536, 66_000, 70_000, 200_000];
  const read = async (side: Session, length: number, seed: number): Promise<void> => {
    const all: Uint8Array[] = [];
    for await (const item of side.client(tools).pour({ seed, count: 60, length })) all.push(item);
    // Looked at when all of them are there: what came first must not have become something else.
    expect(all.length).toBe(60);
    const wrong = all.filter((item, index) => Buffer.compare(item, filled(new Uint8Array(length), seed, index)) !== 0);
    expect(wrong.length).toBe(0);
  };
  const sides = [session, await granted.promise];
  await Promise.all(sides.flatMap((side, nth) => lengths.map((length, seed) => read(side, length, seed + nth * 100))));
}, 60_000);
