import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { PATIENCE_MS, seeded } from "../test/shared-socket/support/seed.ts";
import { StandardServer, standardRun } from "../test/shared-socket/support/standard-server.ts";
import { launch, openSite } from "./support/chromium.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

describe.each([
  { messages: 10_000, carriage: "binary", binaryType: "arraybuffer" },
  { messages: 1_000, carriage: "text", binaryType: "arraybuffer" },
  { messages: 1_000, carriage: "text", binaryType: "blob" },
] as const)("$messages messages of a page among as many calls, by $carriage carriage and as $binaryType", (options) => {
  it(
    "arrive untouched and in order, at every listener, and nothing else does; every call gets its own result",
    seeded(async (seed) => {
      const { http, page, host } = await openSite(browser);
      const each = options.messages / 2;
      const run = await standardRun({ ...options, seed, messages: each, calls: each });
      const server = new StandardServer(http, "/host", run);
      const url = `ws://${host}/host`;
      await server.check(page.evaluate(([url, run]) => globalThis.turnmuxPage.runHost(url, run), [url, run] as const));
    }),
    PATIENCE_MS,
  );
});
