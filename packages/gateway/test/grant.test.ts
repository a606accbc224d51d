import { describe, expect, test } from "vitest";
import { tokenAuth, UsageError, type Gateway, type GatewaySession, type Grant, type Session } from "@turnmux/gateway";
import { connected, listening, nextSession, SECRET, testGateway } from "./support/gateway.ts";
import { attached, host } from "./support/host.ts";
import { handle, tools } from "./support/tools.ts";

interface Sides {
  readonly client: Session;
  readonly atGateway: GatewaySession;
}

/** The ways into a gateway. A grant is the same on each. */
const ways: Record<string, (gateway: Gateway, grant: Grant) => Promise<Sides>> = {
  "an endpoint": async (gateway, grant) => {
    const opened = nextSession(gateway);
    const client = await connected(await listening(gateway, { auth: tokenAuth(SECRET, grant) }));
    return { client, atGateway: await opened };
  },
  "a host's socket": async (gateway, grant) => {
    const { server, client: ws } = await (await host())();
    const attachment = gateway.attach(server, grant);
    const client = attached(ws);
    return { client, atGateway: await attachment.session };
  },
  "this process": async (gateway, grant) => {
    const opened = nextSession(gateway);
    const client = gateway.openSession(grant);
    return { client, atGateway: await opened };
  },
};

/** Resolves with the names of the client's next offer. */
function nextOffer(client: Session): Promise<string[]> {
  return new Promise((resolve) => {
    client.addEventListener("offer", ({ detail }) => resolve([...detail.tools.keys()]), { once: true });
  });
}

describe.each(Object.entries(ways))("a grant by %s", (_name, open) => {
  const alice = { principal: "alice", scopes: ["write"] };

  test("can be narrowed and widened while the session lives: other tools are offered, and other calls allowed [TOOL-002]", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { client, atGateway } = await open(gateway, alice);
    const api = client.client(tools);
    await api.job.add({ name: "one" });
    let offer = nextOffer(client);
    atGateway.updateScopes(["admin"]);
    expect(await offer).toEqual(["echo", "hold", "job.list", "job.clear", "count"]);
    expect(atGateway.scopes).toEqual(["admin"]);
    await expect(api.job.add({ name: "two" })).rejects.toMatchObject({
      code: "permission_denied",
      outcome: "not_started",
    });
    await api.job.clear();
    expect(await api.job.list()).toEqual([]);
    offer = nextOffer(client);
    atGateway.updateScopes([]);
    expect(await offer).toEqual(["echo", "hold", "job.list", "count"]);
    expect(() => atGateway.updateScopes([""])).toThrow(UsageError);
  });

  test("lets a running call finish when the scopes that allowed it are gone", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const { client, atGateway } = await open(gateway, alice);
    const call = client.client(tools).hold({});
    const held = await handlers.held();
    atGateway.updateScopes([]);
    held.finish("done");
    expect(await call).toBe("done");
  });

  test("can be taken back: the session ends at once, and its calls with their outcome", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const { client, atGateway } = await open(gateway, alice);
    const call = client.client(tools).hold({});
    const held = await handlers.held();
    call.catch(() => {});
    await atGateway.revoke("the device was lost");
    expect(await client.closed).toMatchObject({ code: "permission_denied", message: "the device was lost" });
    await expect(call).rejects.toMatchObject({ outcome: "unknown" });
    expect(held.call.signal.aborted).toBe(true);
    expect(gateway.sessions.size).toBe(0);
    await atGateway.revoke();
    atGateway.updateScopes(["write"]);
    await expect(client.client(tools).echo({ text: "x" })).rejects.toMatchObject({ outcome: "not_started" });
  });

  test("ends when it expires", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { client, atGateway } = await open(gateway, { ...alice, expiresAt: Date.now() + 1_500 });
    expect(await client.client(tools).echo({ text: "in time" })).toEqual({ text: "in time" });
    expect(await atGateway.closed).toMatchObject({ code: "unauthenticated", message: "the grant has expired" });
    expect(await client.closed).toMatchObject({ code: "unauthenticated", byPeer: true });
  });
});

describe("a grant", () => {
  test("that fits into no frame costs its own handshake, and the log says why", async () => {
    const { gateway, log } = testGateway();
    const scopes = Array.from({ length: 80 }, (_, i) => `${i}`.padEnd(1_000, "x"));
    const endpoint = await listening(gateway, { auth: tokenAuth(SECRET, { principal: "alice", scopes }) });
    await expect(connected(endpoint)).rejects.toMatchObject({ code: "internal" });
    expect((await log.line(/a session could not be made/)).level).toBe("error");
    expect(gateway.stats()).toMatchObject({ sessions: 0, handshakes: { accepted: 0, refused: 1 } });
  });
});
