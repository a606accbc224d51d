import { createHash, hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Value } from "../../src/content/value.ts";
import { canonicalJson } from "../../src/journal/canonical-json.ts";
import { fingerprint } from "../../src/journal/fingerprint.ts";

describe("canonical JSON", () => {
  it("is that of RFC 8785 section 3.2.4", () => {
    const value = {
      // The RFC writes the first one with a digit more than a number has.
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("sorts keys by UTF-16 code units, as RFC 8785 section 3.2.3 shows", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    expect(Object.values(JSON.parse(canonicalJson(value)) as object)).not.toEqual(Object.values(value));
    expect([...canonicalJson(value).matchAll(/:"(.*?)"/g)].map(([, text]) => text)).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  it.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
  ])("writes the number with the bits %s as RFC 8785 appendix B does", (bits, text) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(`0x${bits}`));
    expect(canonicalJson(view.getFloat64(0))).toBe(text);
  });

  it("has octets as base64, wherever they are", () => {
    expect(canonicalJson(Uint8Array.of())).toBe('""');
    expect(canonicalJson({ a: [Uint8Array.of(0xff), Uint8Array.of(0xfb, 0xff, 0xfe)] })).toBe('{"a":["/w==","+//+"]}');
  });

  it("leaves out what is absent, and keeps null", () => {
    expect(canonicalJson({ a: undefined, b: null })).toBe('{"b":null}');
  });

  it("means the same as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text) as Value)).toBe(text);
      }),
    );
  });

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned as Value)).toBe(canonicalJson(value as Value));
      }),
    );
  });
});

describe("a fingerprint [KEY-002]", () => {
  it("is SHA-256 over tool and arguments", () => {
    const text = '["cron.add",{"a":1,"b":"é"}]';
    expect(fingerprint("cron.add", { b: "é", a: 1 })).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("is the same with the SHA-256 of Node, which gateways use", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (tool, args) => {
        const own = fingerprint(tool, args);
        expect(fingerprint(tool, args as Value, (text) => hash("sha256", text, "hex"))).toBe(own);
      }),
    );
  });

  it("differs with the tool, with the arguments, and where there are none", () => {
    const all = [
      fingerprint("cron.add", {}),
      fingerprint("cron.put", {}),
      fingerprint("cron.add", { a: 1 }),
      fingerprint("cron.add", { a: "1" }),
      fingerprint("cron.add", []),
      fingerprint("cron.add", null),
      fingerprint("cron.add", undefined),
      fingerprint('cron.add",{', undefined),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
