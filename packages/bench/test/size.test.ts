import { expect, test } from "vitest";
import { bundleShares, bundleSize, type BundleSize } from "../src/benches/size/bundle.ts";
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

test("every module of the client is in one part whose share is told, and each part weighs something", {
  timeout: LIMIT_MS,
}, async () => {
  const { gzipped, modules } = await bundleSize(CLIENT.source);
  const own = modules.filter(({ path }) => path.startsWith("packages/"));
  for (const { path } of own) {
    expect(
      SHARES.filter((share) => share.modules.test(path)).map(({ name }) => name),
      path,
    ).toHaveLength(1);
  }
  const groups = SHARES.map((share) => share.modules);
  const shares = await bundleShares(CLIENT.source, groups);
  for (const [i, { name }] of SHARES.entries()) {
    const minified = own.filter(({ path }) => groups[i]?.test(path)).reduce((sum, module) => sum + module.minified, 0);
    expect((shares[i]?.minified ?? 0) / minified, name).toBeCloseTo(1, 1);
    expect(shares[i]?.gzipped, name).toBeGreaterThan(0);
  }
  expect(shares.reduce((sum, share) => sum + share.gzipped, 0)).toBeLessThan(gzipped);
});

test("what runs tools, and every carriage but the binary one, is with those alone that ask for it", {
  timeout: LIMIT_MS,
}, async () => {
  for (const { name, source } of ENTRIES) {
    const { modules } = await bundleSize(source);
    const has = (path: RegExp): boolean => modules.some((module) => path.test(module.path));
    const all = name === "everything";
    expect(has(/session\/(dispatcher|once)\.ts$/), name).toBe(all || name.endsWith("implement"));
    expect(has(/wire\/text\.ts$/), name).toBe(all || name.endsWith("text"));
    expect(has(/wire\/wrapped\.ts$/), name).toBe(all || name.endsWith("wrapped"));
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
