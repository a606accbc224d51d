import { UsageError } from "@turnmux/core";
import { describe, expect, it } from "vitest";
import { acceptsAudience, audienceOf } from "../../src/auth/audience.ts";

describe("The audience of a URL", () => {
  it.each([
    ["ws://gateway.example", "gateway.example:80"],
    ["wss://gateway.example", "gateway.example:443"],
    ["wss://gateway.example:443/path?query#hash", "gateway.example:443"],
    ["wss://Gateway.EXAMPLE:8443/", "gateway.example:8443"],
    ["ws://user:password@gateway.example:8080", "gateway.example:8080"],
    ["ws://127.0.0.1:18789", "127.0.0.1:18789"],
    ["ws://127.1:18789", "127.0.0.1:18789"],
    ["ws://[::1]:18789", "[::1]:18789"],
    ["wss://[2001:DB8::0:1]", "[2001:db8::1]:443"],
    ["wss://bücher.example", "xn--bcher-kva.example:443"],
    ["https://gateway.example", "gateway.example:443"],
    ["http://gateway.example", "gateway.example:80"],
  ])("of %s is %s", (url, audience) => {
    expect(audienceOf(url)).toBe(audience);
    expect(audienceOf(new URL(url))).toBe(audience);
  });

  it.each(["", "gateway.example", "gateway.example:443", "/path", "ws+unix:/run/gateway.sock", "mailto:a@b"])(
    "of %j is a question put wrongly",
    (url) => {
      expect(() => audienceOf(url)).toThrow(UsageError);
    },
  );

  it("is refused without showing a password in the URL", () => {
    expect(() => audienceOf("nonsense://user:tops3cret@")).not.toThrow(/tops3cret/);
  });
});

describe("A client answers a challenge (AUTH-005)", () => {
  it.each([
    ["gateway.example:443", "wss://gateway.example", true],
    ["GATEWAY.example:443", "wss://gateway.EXAMPLE/x", true],
    ["gateway.example:443", "ws://gateway.example:443", true],
    ["gateway.example", "wss://gateway.example", false],
    ["gateway.example:80", "wss://gateway.example", false],
    ["gateway.example.evil.example:443", "wss://gateway.example", false],
    ["evil.example:443", "wss://gateway.example", false],
    ["127.0.0.1:80", "ws://localhost", false],
    ["", "wss://gateway.example", false],
    ["undefined", "not a URL", false],
  ])("of %s, having dialled %s: %s", (audience, url, answer) => {
    expect(acceptsAudience(audience, url)).toBe(answer);
    expect(acceptsAudience(audience, url, [])).toBe(answer);
  });

  it("of a configured name, whatever it dialled", () => {
    const configured = ["Gateway.example:443", "production"];
    expect(acceptsAudience("gateway.example:443", "ws://10.0.0.7:8080", configured)).toBe(true);
    expect(acceptsAudience("Production", "ws+unix:/run/gateway.sock", configured)).toBe(true);
    expect(acceptsAudience("10.0.0.7:8080", "ws://10.0.0.7:8080", configured)).toBe(true);
    expect(acceptsAudience("staging", "ws://10.0.0.7:8080", configured)).toBe(false);
  });
});
