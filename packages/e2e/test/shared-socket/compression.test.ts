import { describe, expect, it } from "vitest";
import { HostPair } from "./support/host-pair.ts";
import { PATIENCE_MS, seeded } from "./support/seed.ts";
import { openStanding } from "./support/shared.ts";
import { WireTap, type WireFrame } from "./support/wire.ts";
import { makeCalls } from "./traffic/calls.ts";
import { hostMessages } from "./traffic/host-messages.ts";

/** In each direction. */
const MESSAGES = 500;
const CALLS = 500;

describe("A host whose socket has permessage-deflate", () => {
  it(
    "gets its own messages compressed as ever, and turnmux's go uncompressed and never between its fragments",
    seeded(async (seed) => {
      let tap: WireTap | undefined;
      const { near, far, client, session } = await openStanding({
        server: { perMessageDeflate: true },
        dial: { perMessageDeflate: true },
        through: async (port) => {
          tap = await WireTap.before(port);
          return tap.port;
        },
      });
      expect([near.extensions, far.extensions]).toEqual(["permessage-deflate", "permessage-deflate"]);
      const traffic = { seed, count: MESSAGES, longest: 20_000 };
      const host = new HostPair(near, far, traffic);
      await Promise.all([
        makeCalls(client, { seed: seed + 4, count: CALLS, before: () => host.far.say() }),
        makeCalls(session, { seed: seed + 5, count: CALLS, before: () => host.near.say() }),
      ]);
      await host.finish();

      for (const [from, said] of [
        ["client", hostMessages(traffic)],
        ["server", hostMessages({ ...traffic, seed: seed + 1 })],
      ] as const) {
        const messages = messagesOf(tap?.frames.filter((frame) => frame.from === from) ?? []);
        // All of the host's, and none of turnmux's: of those there are calls enough.
        expect(messages.filter(({ compressed }) => compressed)).toHaveLength(said.length);
        expect(messages.length - said.length).toBeGreaterThan(CALLS / 32);
      }
    }),
    PATIENCE_MS,
  );
});

/** Whole messages, as RFC 6455 puts them together. Throws where a message begins within another. */
function messagesOf(frames: readonly WireFrame[]): { readonly compressed: boolean }[] {
  const messages: { readonly compressed: boolean }[] = [];
  let open = false;
  for (const { opcode, fin, compressed } of frames) {
    if (opcode >= 8) continue;
    if (open !== (opcode === 0)) throw new Error("a message begins within another, or goes on where none began");
    if (opcode !== 0) messages.push({ compressed });
    open = !fin;
  }
  return messages;
}
