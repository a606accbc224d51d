import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import "../../src/cases/index.ts";
import { limitsOf, SUITE_LIMITS } from "../../src/harness/limits.ts";
import { allCases } from "../../src/suite/case.ts";
import { lackingLimit, type LimitsSeen } from "../../src/suite/limits-taken.ts";

const NOTHING: LimitsSeen = {
  covers: ["RATE-001"],
  broken: undefined,
  given: {},
  without: new Set(),
  established: [],
};
const GATEWAY = { side: "client", features: [], heartbeatMs: 15_000, peer: SUITE_LIMITS } as const;

describe("a failure where a limit was not taken", () => {
  it("shows nothing where the peer says that it is without a limit that the case is about", () => {
    const without = new Set(["pings"]);
    const why = "It needs the limit pings, which the peer under test says that it is without.";
    expect(lackingLimit({ ...NOTHING, without })).toBe(why);
    expect(lackingLimit({ ...NOTHING, without, broken: "RATE-001" })).toBe(why);
    expect(lackingLimit({ ...NOTHING, without, covers: ["LIMIT-004"] })).toBe(why);
  });

  it("counts where the peer is without another limit, or broke something else, or says nothing", () => {
    expect(lackingLimit({ ...NOTHING, without: new Set(["resets"]) })).toBeUndefined();
    expect(lackingLimit({ ...NOTHING, without: new Set(["pings"]), broken: "FRAME-003" })).toBeUndefined();
    expect(lackingLimit(NOTHING)).toBeUndefined();
  });

  it("shows nothing where the peer states another limit than it was given", () => {
    const given = { streams: 8 };
    const covers = ["STREAM-007"];
    expect(lackingLimit({ ...NOTHING, covers, given, established: [GATEWAY] })).toBe(
      "It needs the limit streams at 8, and the peer under test states 1024.",
    );
    const peer = { ...SUITE_LIMITS, streams: 8 };
    expect(lackingLimit({ ...NOTHING, covers, given, established: [{ ...GATEWAY, peer }] })).toBeUndefined();
  });

  it("counts where more is stated than was given of what the case does not go beyond, and shows nothing where less is", () => {
    const given = { framePayload: 4_096, replay: 65_536 };
    const established = (replay: number) => [
      { ...GATEWAY, features: ["delivery"], peer: { ...SUITE_LIMITS, framePayload: 4_096, replay } },
    ];
    const frame = { ...NOTHING, covers: ["FRAME-001"], broken: "FRAME-001", given };
    expect(lackingLimit({ ...frame, established: established(4_194_304) })).toBeUndefined();
    expect(lackingLimit({ ...frame, established: established(16_384) })).toMatch(/replay at 65536/);
    const pings = { ...frame, covers: ["RATE-001"], broken: "RATE-001", given: { framePayload: 1_024 } };
    expect(lackingLimit({ ...pings, established: established(65_536) })).toBeUndefined();
    expect(lackingLimit({ ...pings, covers: ["FLOW-005.1"], established: established(65_536) })).toMatch(
      /framePayload/,
    );
    const unknown = { ...frame, covers: ["FRAME-001", "CHAN-007.1"] };
    expect(lackingLimit({ ...unknown, established: established(4_194_304) })).toMatch(/replay at 65536/);
  });

  it("counts where a limit is not stated, as those of a feature without it, and a client's heartbeat", () => {
    const given = { replay: 65_536 };
    const kept = { ...NOTHING, covers: ["DELIV-004.2"], given };
    expect(lackingLimit({ ...kept, established: [GATEWAY] })).toBeUndefined();
    expect(lackingLimit({ ...kept, established: [{ ...GATEWAY, features: ["delivery"] }] })).toMatch(/replay at 65536/);
    const quick = { ...NOTHING, covers: ["CHAN-002"], given: { heartbeatMs: 300 } };
    expect(lackingLimit({ ...quick, established: [{ ...GATEWAY, side: "gateway" }] })).toBeUndefined();
    expect(lackingLimit({ ...quick, established: [GATEWAY] })).toMatch(/heartbeatMs at 300/);
  });

  it("can be told of every limit of the sets that a case counts on", () => {
    const covers = allCases().flatMap((entry) => entry.covers);
    // Nothing depends on them: a peer that decides sooner or later does it in time for what waits for it.
    const free = new Set(["deadlineVerdictMs", "cancelVerdictMs"]);
    const peer = { ...GATEWAY, features: ["delivery", "credit"] };
    const page = readFileSync(new URL("../../../../docs/spec.md", import.meta.url), "utf8");
    const documented = page.split("For most cases a peer has to take these limits")[1]?.split("## 16.")[0];
    for (const [name, value] of [...Object.entries(limitsOf("small", 1)), ...Object.entries(limitsOf("quick", 1))]) {
      const seen = { ...NOTHING, covers, given: { [name]: value }, without: new Set([name]), established: [peer] };
      expect([name, lackingLimit(seen) !== undefined]).toEqual([name, !free.has(name)]);
      expect(documented).toContain(`\`${name}\``);
    }
  });
});
