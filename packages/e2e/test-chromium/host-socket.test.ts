import { createGateway } from "@turnmux/gateway";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { silent } from "../test/shared-socket/support/shared.ts";
import { implementation, tools } from "../test/shared-socket/traffic/tools.ts";
import { launch, openSite, type Site } from "./support/chromium.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

/** A page, and a host that says something when it is asked to, with turnmux on its sockets. */
async function openHost(): Promise<Site & { readonly url: string }> {
  const site = await openSite(browser);
  // What the page waits for must not come about because of a PING.
  const gateway = createGateway({ logger: silent, limits: { heartbeatMs: 3_600_000 } });
  onTestFinished(() => gateway.close());
  gateway.implement(tools, implementation().handlers);
  const server = new WebSocketServer({ server: site.http, path: "/host" });
  server.on("connection", (socket) => {
    gateway.attach(socket, { principal: "alice", scopes: [] });
    socket.addEventListener("message", ({ data }) => {
      if (data === "say something") socket.send("something");
      if (data === "say something in octets") socket.send(Buffer.of(1, 2, 3));
    });
  });
  return { ...site, url: `ws://${site.host}/host` };
}

describe("On a page's own socket in Chromium", () => {
  it("listeners see nothing of turnmux that were added after it, nor does onmessage; those added before by addEventListener do", async () => {
    const { page, url } = await openHost();
    const all = await page.evaluate((url) => globalThis.turnmuxPage.listenAroundAttach(url), url);
    const none = { host: 1, turnmux: 0 };
    // At least WELCOME, OFFER and ten results. So attach first.
    const some = { host: 1, turnmux: expect.any(Number) };
    expect(all).toEqual({
      "addEventListener, before": some,
      "capturing, before": some,
      "onmessage, before": none,
      "addEventListener, after": none,
      "capturing, after": none,
    });
    expect(all["addEventListener, before"]?.turnmux).toBeGreaterThanOrEqual(11);
    expect(all["capturing, before"]?.turnmux).toBe(all["addEventListener, before"]?.turnmux);
  });

  it("turnmux ends with a sentence when the page sets binaryType to blob under it, and the page goes on", async () => {
    const { page, url } = await openHost();
    const { end, heard } = await page.evaluate((url) => globalThis.turnmuxPage.switchToBlob(url), url);
    expect(end).toContain('binaryType to "blob"');
    expect(heard).toEqual(["a blob of 3", "something"]);
  });

  it("a call gets through behind megabytes of the page's that no event tells the end of", async () => {
    const { page, url } = await openHost();
    const result = await page.evaluate((url) => globalThis.turnmuxPage.callBehindHost(url), url);
    expect(result).toEqual({ held: true, result: "behind it" });
  });
});
