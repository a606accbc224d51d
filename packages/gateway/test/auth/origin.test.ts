import { describe, expect, it } from "vitest";
import { type AllowedOrigins, checkOrigin } from "../../src/auth/origin.ts";

describe("An upgrade from a page", () => {
  it("that is none passes: there is no Origin", () => {
    for (const allowed of ["same-host", "any", []] satisfies AllowedOrigins[]) {
      expect(checkOrigin(undefined, allowed, "gateway.example")).toBe(true);
    }
  });

  it.each<[string, string | undefined, boolean]>([
    ["https://gateway.example", "gateway.example", true],
    ["https://gateway.example", "gateway.example:443", true],
    ["http://gateway.example", "gateway.example:80", true],
    ["https://Gateway.Example", "GATEWAY.example", true],
    ["http://localhost:18789", "localhost:18789", true],
    ["http://[::1]:18789", "[::1]:18789", true],
    ["https://evil.example", "gateway.example", false],
    ["https://gateway.example.evil.example", "gateway.example", false],
    ["https://sub.gateway.example", "gateway.example", false],
    ["https://gateway.example:8443", "gateway.example", false],
    ["http://localhost:3000", "localhost:18789", false],
    ["http://localhost:18789", "127.0.0.1:18789", false],
    ["null", "gateway.example", false],
    ["null", "null", false],
    ["", "", false],
    ["", "gateway.example", false],
    ["file://", "", false],
    ["https://gateway.example", undefined, false],
    ["https://gateway.example", "gateway.example@evil.example", false],
    ["https://evil.example", "evil.example/gateway.example", false],
    ["nonsense", "nonsense", false],
  ])("of %s, at a gateway called %s, has the same host: %s", (origin, host, answer) => {
    expect(checkOrigin(origin, "same-host", host)).toBe(answer);
    expect(checkOrigin(origin, undefined, host)).toBe(answer);
    expect(checkOrigin(origin, ["same-host"], host)).toBe(answer);
  });

  it.each<[string, readonly string[], boolean]>([
    ["https://app.example", ["https://app.example"], true],
    ["https://app.example", ["https://APP.example:443/"], true],
    ["https://app.example", ["http://app.example"], false],
    ["https://app.example", ["https://app.example:8443"], false],
    ["https://app.example", ["app.example"], false],
    ["https://app.example.evil.example", ["https://app.example"], false],
    ["https://gateway.example", ["https://app.example"], false],
    ["https://gateway.example", ["https://app.example", "same-host"], true],
    ["https://evil.example", ["https://app.example", "same-host"], false],
    ["null", ["https://app.example"], false],
    ["null", ["null"], true],
    ["null", ["chrome-extension://abc"], false],
    ["chrome-extension://abc", ["chrome-extension://abc"], true],
    ["chrome-extension://abc", ["chrome-extension://def"], false],
    ["chrome-extension://abc", ["null"], false],
    ["https://app.example", [], false],
  ])("of %s passes the list %j: %s", (origin, allowed, answer) => {
    expect(checkOrigin(origin, allowed, "gateway.example")).toBe(answer);
  });

  it("of any origin passes where that was chosen", () => {
    expect(checkOrigin("https://evil.example", "any", "gateway.example")).toBe(true);
    expect(checkOrigin("null", "any")).toBe(true);
  });
});
