import { describe, expect, it } from "vitest";
import { Repeats } from "../../src/relay/repeats.ts";

const body = (text: string) => ({ content: 1, octets: new TextEncoder().encode(text) });

describe("calls of a turn's processes that are made again", () => {
  it("take over the key of the first one, once", () => {
    const repeats = new Repeats(() => 0);
    repeats.unknown("cron.add", body("{}"), "key-1");
    expect(repeats.take("cron.add", body("{ }"))).toBeUndefined();
    expect(repeats.take("cron.put", body("{}"))).toBeUndefined();
    expect(repeats.take("cron.add", body("{}"))).toBe("key-1");
    expect(repeats.take("cron.add", body("{}"))).toBeUndefined();
  });

  it("are new calls ten minutes later", () => {
    let now = 0;
    const repeats = new Repeats(() => now);
    repeats.unknown("cron.add", body("{}"), "key-1");
    now = 600_001;
    expect(repeats.take("cron.add", body("{}"))).toBeUndefined();
  });

  it("are forgotten beyond a thousand, the oldest first, and where they are large", () => {
    const repeats = new Repeats(() => 0);
    for (let at = 0; at <= 1_000; at += 1) repeats.unknown("t", body(String(at)), `key-${at}`);
    expect(repeats.take("t", body("0"))).toBeUndefined();
    expect(repeats.take("t", body("1"))).toBe("key-1");
    const large = body("x".repeat(16 * 1024 + 1));
    repeats.unknown("t", large, "key");
    expect(repeats.take("t", large)).toBeUndefined();
  });
});
