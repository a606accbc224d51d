import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bundleForBrowser } from "../lib/browser-bundle.mjs";
import { root } from "../lib/process.mjs";

const folder = mkdtempSync(join(tmpdir(), "turnmux-bundle-"));
symlinkSync(join(root, "packages/client/node_modules"), join(folder, "node_modules"), "junction");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bundle(name, source) {
  const entry = join(folder, `${name}.ts`);
  writeFileSync(entry, source);
  return bundleForBrowser({ node: process.execPath, env: process.env }, entry, `test-${name}`);
}

describe("the browser bundle", () => {
  it.each([
    ["static", `import { readFileSync } from "node:fs"; console.log(readFileSync);`],
    ["bare", `import { EventEmitter } from "events"; console.log(EventEmitter);`],
    ["dynamic", `import("node:crypto").then(console.log, () => {});`],
    ["ws", `import { WebSocket } from "ws"; console.log(WebSocket);`],
  ])("is refused with a module of Node in it (%s)", async (name, source) => {
    const { problems } = await bundle(name, source);
    expect(problems.length).toBeGreaterThan(0);
  });

  it("is accepted with what browsers have", async () => {
    const { problems } = await bundle(
      "clean",
      `import { nanoid } from "nanoid"; new WebSocket("ws://localhost/" + nanoid());`,
    );
    expect(problems).toEqual([]);
  });
});
