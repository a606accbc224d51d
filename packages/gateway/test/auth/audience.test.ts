import { describe, expect, it } from "vitest";
import { chooseAudience } from "../../src/auth/audience.ts";

describe("The audience of a gateway (AUTH-007)", () => {
  it.each<[readonly string[], string | undefined, string]>([
    [["gateway.example:443"], "gateway.example:443", "gateway.example:443"],
    [["gateway.example:443"], "gateway.example", "gateway.example:443"],
    [["gateway.example:443"], "Gateway.EXAMPLE", "gateway.example:443"],
    [["a.example:443", "b.example:443"], "b.example", "b.example:443"],
    [["a.example:443", "b.example:80"], "b.example", "b.example:80"],
    [["a.example:443", "b.example:8443"], "b.example:8443", "b.example:8443"],
    [["a.example:443", "b.example:8443"], "b.example", "a.example:443"],
    [["a.example:443", "b.example:443"], "evil.example", "a.example:443"],
    [["a.example:443"], undefined, "a.example:443"],
    [["a.example:443"], "undefined:443", "a.example:443"],
    [["a.example:443"], "b.example/a.example:443", "a.example:443"],
    [["a.example:443"], "localhost:18789", "a.example:443"],
    [["Production"], "anything", "Production"],
  ])("that is configured as %j and dialled as %s is %s", (configured, host, audience) => {
    expect(chooseAudience(configured, host, 18789)).toBe(audience);
  });

  it.each<[string | undefined, number, string | undefined]>([
    ["localhost:18789", 18789, "localhost:18789"],
    ["LOCALHOST:18789", 18789, "localhost:18789"],
    ["127.0.0.1:18789", 18789, "127.0.0.1:18789"],
    ["[::1]:18789", 18789, "[::1]:18789"],
    ["localhost", 80, "localhost:80"],
    ["localhost", 443, "localhost:443"],
    ["localhost", 18789, undefined],
    ["localhost:18790", 18789, undefined],
    ["gateway.example:18789", 18789, undefined],
    ["localhost.evil.example:18789", 18789, undefined],
    ["127.0.0.2:18789", 18789, undefined],
    ["0.0.0.0:18789", 18789, undefined],
    ["localhost:18789, evil.example", 18789, undefined],
    ["evil.example@localhost:18789", 18789, undefined],
    ["", 18789, undefined],
    [undefined, 18789, undefined],
  ])("that is not configured, dialled as %s at port %i, is %s", (host, port, audience) => {
    expect(chooseAudience(undefined, host, port)).toBe(audience);
    expect(chooseAudience([], host, port)).toBe(audience);
  });
});
