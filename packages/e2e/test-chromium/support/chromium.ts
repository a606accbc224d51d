/** A headless Chromium, and pages with the client's code in them. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium, type Browser, type Page } from "playwright-core";
import { onTestFinished } from "vitest";
import type { PageApi } from "../page/main.ts";

declare global {
  /** What the page offers to the tests. */
  var turnmuxPage: PageApi;
}

/** Chromium as it runs where there is no display, no sandbox and no network. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The system's Chromium, whose path is in TURNMUX_CHROMIUM. It has a new and empty profile. */
export function launch(): Promise<Browser> {
  const executablePath = process.env["TURNMUX_CHROMIUM"];
  if (executablePath === undefined) throw new Error("TURNMUX_CHROMIUM must be the path of a Chromium");
  return chromium.launch({ executablePath, args: FLAGS });
}

let script: Promise<string> | undefined;

/** The page's script, as a bundler makes it of the sources for browsers. */
function bundle(): Promise<string> {
  script ??= (async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("../page/main.ts", import.meta.url))],
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      conditions: ["turnmux-source", "browser"],
    });
    const [file] = outputFiles;
    if (file === undefined) throw new Error("esbuild made no file");
    return file.text;
  })();
  return script;
}

/** An HTTP server with a page, and the page in a browser. */
export interface Site {
  readonly http: Server;
  readonly page: Page;
  /** Host and port. */
  readonly host: string;
}

/** Opens the page. Rejects where its script cannot be run. All is gone when the test is, but the browser. */
export async function openSite(browser: Browser): Promise<Site> {
  const text = await bundle();
  const http = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(
      isScript ? text : '<!doctype html><title>turnmux</title><script type="module" src="/page.js"></script>',
    );
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const host = `127.0.0.1:${address.port}`;
  const page = await browser.newPage();
  onTestFinished(async () => {
    await page.close();
    http.closeAllConnections();
    http.close();
  });
  const failed = new Promise<never>((_, reject) => {
    page.on("pageerror", reject);
  });
  failed.catch(() => {});
  await page.goto(`http://${host}/`);
  await Promise.race([failed, page.waitForFunction(() => globalThis.turnmuxPage !== undefined)]);
  return { http, page, host };
}
