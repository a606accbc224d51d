import { expect, test } from "vitest";
import { bundleSize, type BundleSize } from "../src/benches/size/bundle.ts";
import { CLIENT, ENTRIES, SHARES } from "../src/benches/size/entries.ts";
import { CLIENT_LIMIT, overLimit } from "../src/benches/size/limit.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("the browser client, minified and gzipped, keeps to its limit", { timeout: LIMIT_MS }, async () => {
  const size = await bundleSize(CLIENT.source);
  expect(overLimit(size, CLIENT_LIMIT) ?? "within the limit").toBe("within the limit");
});

test("a bundle beyond the limit is told with its largest modules", () => {
  const size: BundleSize = {
    minified: 3_000,
    gzipped: 1_100,
    modules: [
      { path: "packages/core/src/large.ts", minified: 2_000 },
      { path: "packages/core/src/small.ts", minified: 1_000 },
    ],
  };
  expect(overLimit(size, 1_100)).toBeUndefined();
  expect(overLimit(size, 1_099)).toBe(
    "The browser client has 1,100 octets, minified and gzipped, which is 1 more than its limit of 1,099. " +
      "Its largest modules, minified: packages/core/src/large.ts 2,000, packages/core/src/small.ts 1,000.",
  );
});

test("each part whose share is told is in the client, and is left out where its share is measured", {
  timeout: LIMIT_MS,
}, async () => {
  const whole = await bundleSize(CLIENT.source);
  for (const { name, modules } of SHARES) {
    expect(
      whole.modules.some(({ path }) => modules.test(path)),
      name,
    ).toBe(true);
    const rest = await bundleSize(CLIENT.source, modules);
    expect(rest.gzipped, name).toBeLessThan(whole.gzipped);
  }
});

test("what only a gateway needs, and what only Node has, is in no bundle", { timeout: LIMIT_MS }, async () => {
  for (const { name, source } of ENTRIES) {
    const { modules } = await bundleSize(source);
    const wrong = modules.filter(({ path }) => GATEWAY_ONLY.test(path));
    expect(wrong, name).toEqual([]);
  }
});

const GATEWAY_ONLY =
  /^packages\/gateway\/|gateway-channel|acceptor|resumable-sessions|standing-session|platform\/node|^ws\//;
