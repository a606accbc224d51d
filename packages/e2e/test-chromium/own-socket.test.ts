import type { Duplex } from "node:stream";
import {
  createGateway,
  deviceKeyId,
  ed25519Auth,
  tokenAuth,
  type AllowedOrigins,
  type DeviceEntry,
  type Gateway,
  type GatewaySession,
} from "@turnmux/gateway";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { silent } from "../test/shared-socket/support/shared.ts";
import { implementation, tools } from "../test/shared-socket/traffic/tools.ts";
import { launch, openSite, type Site } from "./support/chromium.ts";

const SECRET = "a shared secret of the tests";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

/** A call that runs. */
interface Held {
  readonly signal: AbortSignal;
  letGo(): void;
}

interface Endpoint extends Site {
  readonly gateway: Gateway;
  readonly url: string;
  /** Devices that may connect, by key id. */
  readonly devices: Map<string, DeviceEntry>;
  readonly sessions: GatewaySession[];
  /** Destroys all connections, without a word. */
  cut(): void;
  /** Resolves once `echo` runs with the input `"hold"`, which ends when it is let go of. */
  readonly held: Promise<Held>;
}

/** A page, and an endpoint of a gateway's own on the page's server. */
async function openEndpoint(origins?: AllowedOrigins): Promise<Endpoint> {
  const site = await openSite(browser);
  const gateway = createGateway({ logger: silent });
  onTestFinished(() => gateway.close());
  const held = Promise.withResolvers<Held>();
  gateway.implement(tools, {
    ...implementation().handlers,
    echo: (input, call) => {
      if (input !== "hold") return input;
      return new Promise((resolve) => held.resolve({ signal: call.signal, letGo: () => resolve(input) }));
    },
  });
  const devices = new Map<string, DeviceEntry>();
  const sessions: GatewaySession[] = [];
  const endpoint = gateway.listen({
    server: site.http,
    auth: [
      tokenAuth(SECRET, { principal: "alice", scopes: ["jobs.write"] }),
      ed25519Auth({ keys: (keyId) => Promise.resolve(devices.get(keyId)) }),
    ],
    origins,
    onSession: (session) => sessions.push(session),
  });
  await endpoint.ready;
  const connections = new Set<Duplex>();
  site.http.on("upgrade", (_request, socket: Duplex) => connections.add(socket));
  const cut = (): void => {
    for (const connection of connections) connection.destroy();
  };
  return { ...site, gateway, url: endpoint.url, devices, sessions, cut, held: held.promise };
}

describe("A page in Chromium that connects to a gateway", () => {
  it.each(["binary", "text"] as const)(
    "proves that it knows a shared token, calls and is called, by %s carriage",
    async (carriage) => {
      const { page, url, sessions } = await openEndpoint();
      const standing = await page.evaluate(
        ([url, token, carriage]) => globalThis.turnmuxPage.connect(url, { token, carriage }),
        [url, SECRET, carriage] as const,
      );
      expect(standing).toEqual({
        principal: "alice",
        scopes: ["jobs.write"],
        offers: expect.arrayContaining(["echo", "items"]),
      });
      expect(await page.evaluate(() => globalThis.turnmuxPage.echo("from the page"))).toBe("from the page");
      const api = sessions[0]?.client(tools);
      expect(await api?.echo({ from: "the gateway", octets: Uint8Array.of(1, 2, 3) })).toEqual({
        from: "the gateway",
        octets: Uint8Array.of(1, 2, 3),
      });
      const items: number[] = [];
      for await (const { at } of api?.items({ seed: 1, length: 100 }) ?? []) items.push(at);
      expect(items).toEqual(Array.from({ length: 100 }, (_, at) => at));
    },
  );

  it("proves that it has a device key, which never leaves it", async () => {
    const { page, url, devices } = await openEndpoint();
    const { keyId, publicKey } = await page.evaluate(() => globalThis.turnmuxPage.makeDeviceKey());
    expect(keyId).toBe(deviceKeyId(publicKey));
    const connecting = (): ReturnType<typeof page.evaluate<unknown, string>> =>
      page.evaluate((url) => globalThis.turnmuxPage.connect(url, "device key"), url);
    await expect(connecting()).rejects.toThrow("unauthenticated, not_started");
    devices.set(keyId, { publicKey, principal: "the laptop", scopes: [] });
    expect(await connecting()).toMatchObject({ principal: "the laptop", scopes: [] });
    expect(await page.evaluate(() => globalThis.turnmuxPage.echo("signed"))).toBe("signed");
  });

  it("is told when it does not know the token", async () => {
    const { page, url, sessions } = await openEndpoint();
    await expect(
      page.evaluate((url) => globalThis.turnmuxPage.connect(url, { token: "another one" }), url),
    ).rejects.toThrow("unauthenticated, not_started");
    expect(sessions).toEqual([]);
  });

  it("is let in by its own host, and from another one where the gateway says so", async () => {
    const own = await openEndpoint();
    const other = await openEndpoint("any");
    const connecting = (from: Site, to: Endpoint): Promise<unknown> =>
      from.page.evaluate(([url, token]) => globalThis.turnmuxPage.connect(url, { token }), [to.url, SECRET] as const);
    await expect(connecting(other, own)).rejects.toThrow("unavailable, not_started");
    expect(await connecting(own, own)).toMatchObject({ principal: "alice" });
    expect(await connecting(own, other)).toMatchObject({ principal: "alice" });
  });

  it("comes back to its session when its connection is cut, and to the calls that were under way", async () => {
    const { page, url, cut, sessions, held } = await openEndpoint();
    await page.evaluate(([url, token]) => globalThis.turnmuxPage.connect(url, { token }), [url, SECRET] as const);
    const call = page.evaluate(() => globalThis.turnmuxPage.echo("hold"));
    const { letGo } = await held;
    cut();
    expect(await page.evaluate(() => globalThis.turnmuxPage.states("ready", 2))).toEqual([
      "ready",
      "reconnecting",
      "ready",
    ]);
    letGo();
    expect(await call).toBe("hold");
    expect(await page.evaluate(() => globalThis.turnmuxPage.echo("again"))).toBe("again");
    expect(sessions).toHaveLength(1);
    expect(await sessions[0]?.client(tools).text({ seed: 1, length: 10 })).toHaveLength(10);
  });

  it("and is blocked does not give up a call that was accepted meanwhile [CALL-015]", async () => {
    const { page, url, held } = await openEndpoint();
    await page.evaluate(([to, token]) => globalThis.turnmuxPage.connect(to, { token }), [url, SECRET] as const);
    expect(await page.evaluate(() => globalThis.turnmuxPage.blockBehindCall(300))).toBe("next");
    expect((await held).signal.aborted).toBe(false);
  });
});
