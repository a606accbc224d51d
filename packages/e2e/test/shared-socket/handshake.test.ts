import { describe, expect, it } from "vitest";
import { HostPair } from "./support/host-pair.ts";
import { seeded } from "./support/seed.ts";
import { openShared, silent } from "./support/shared.ts";
import { makeCalls } from "./traffic/calls.ts";

describe("While turnmux shakes hands, a host goes on untouched", () => {
  it(
    "before it has granted the session, and after",
    seeded(async (seed) => {
      const grant = Promise.withResolvers<{ principal: string; scopes: string[] }>();
      const { near, far, client, attachment } = await openShared({ grant: grant.promise });

      const host = new HostPair(near, far, { seed, count: 500, handshakes: false });
      const calling = makeCalls(client, { seed, count: 20 });
      await host.say(100);
      expect(attachment.current).toBeUndefined();
      grant.resolve({ principal: "alice", scopes: [] });
      await Promise.all([calling, host.say(100)]);
      await host.finish();
    }),
  );

  it(
    "when it grants none",
    seeded(async (seed) => {
      const grant = Promise.withResolvers<{ principal: string; scopes: string[] }>();
      const { near, far, client } = await openShared({ grant: grant.promise });
      const host = new HostPair(near, far, { seed, count: 300, handshakes: false });
      await host.say(100);
      grant.reject(new Error("nobody knows you"));
      await Promise.all([expect(client.ready).rejects.toMatchObject({ code: "unauthenticated" }), host.say(100)]);
      await host.finish();
    }),
  );

  it(
    "when the client gives up before it has decided",
    seeded(async (seed) => {
      const asked = Promise.withResolvers<undefined>();
      const grant = Promise.withResolvers<{ principal: string; scopes: string[] }>();
      const { near, far, client, attachment, gateway } = await openShared({
        grant: () => {
          asked.resolve(undefined);
          return grant.promise;
        },
      });
      const host = new HostPair(near, far, { seed, count: 300, handshakes: false });
      await Promise.all([asked.promise, host.say(100)]);
      await client.close();
      // The client does not know the tag of the gateway, and could not tell it.
      grant.resolve({ principal: "alice", scopes: [] });
      await Promise.all([attachment.session, host.say(100)]);
      await host.finish();
      expect(gateway.sessions.size).toBe(1);
    }),
  );

  it(
    "when both give up, the client first",
    seeded(async (seed) => {
      const asked = Promise.withResolvers<undefined>();
      const refused = Promise.withResolvers<undefined>();
      const { near, far, client } = await openShared({
        grant: () => {
          asked.resolve(undefined);
          return new Promise(() => {});
        },
        gateway: {
          limits: { handshakeMs: 50 },
          logger: {
            ...silent,
            info: (message) => message.includes("refused") && refused.resolve(undefined),
          },
        },
      });
      const host = new HostPair(near, far, { seed, count: 300, handshakes: false });
      await asked.promise;
      await client.close();
      await Promise.all([refused.promise, host.say(100)]);
      await host.say(100);
      await host.finish();
    }),
  );
});
