import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors/usage.ts";
import type {
  Journal,
  JournalClaim,
  JournalSettlement,
  JournalVerdict,
  RecordedEnding,
} from "../../src/journal/journal.ts";
import { memoryJournal, type MemoryJournalOptions } from "../../src/journal/memory.ts";

const hour = 3_600_000;

function claimOf(change: Partial<JournalClaim> = {}): JournalClaim {
  const call = { principal: "ada", key: "k1", tool: "cron.add", fingerprint: "f1", callId: "c1" };
  return { ...call, owner: "gw-1", epoch: 1, atMs: 0, ...change };
}

function okOf(octets: number | Uint8Array = 0): RecordedEnding {
  return { code: 0, body: { content: 1, octets: typeof octets === "number" ? new Uint8Array(octets) : octets } };
}

function settlementOf(change: Partial<JournalSettlement> = {}): JournalSettlement {
  return { principal: "ada", key: "k1", owner: "gw-1", epoch: 1, atMs: 0, ending: okOf(), ...change };
}

async function claim(journal: Journal, change: Partial<JournalClaim> = {}): Promise<JournalVerdict> {
  const [verdict] = await journal.claim([claimOf(change)]);
  if (verdict === undefined) throw new Error("There is no verdict.");
  return verdict;
}

async function settle(journal: Journal, change: Partial<JournalSettlement> = {}): Promise<void> {
  await journal.settle([settlementOf(change)]);
}

/** Claims keys until there is no room, and gives back how many there were. */
async function fill(journal: Journal, change: Partial<JournalClaim> = {}): Promise<number> {
  for (let count = 0; ; count += 1) {
    const { kind } = await claim(journal, { key: `fill${String(count).padStart(6, "0")}`, ...change });
    if (kind === "full") return count;
    expect(kind).toBe("claimed");
  }
}

const failed = { code: 13, message: "Disk full.", body: { content: 0, octets: new Uint8Array() } } as const;

describe("a journal in memory", () => {
  it("says what it is", () => {
    expect(memoryJournal()).toMatchObject({ name: "memory", durable: false });
  });

  it("lets a call run under a new key, and tells the next one who runs it [KEY-001, KEY-002]", async () => {
    const journal = memoryJournal();
    expect(await claim(journal)).toEqual({ kind: "claimed" });
    expect(await claim(journal, { callId: "c2", owner: "gw-2", epoch: 7 })).toEqual({
      kind: "running",
      callId: "c1",
      owner: "gw-1",
      epoch: 1,
    });
  });

  it("tells keys apart by principal [KEY-001]", async () => {
    const journal = memoryJournal();
    await claim(journal, { principal: "ada" });
    expect(await claim(journal, { principal: "bob", fingerprint: "f2" })).toEqual({ kind: "claimed" });
    await settle(journal, { principal: "bob" });
    expect(await claim(journal, { principal: "ada" })).toHaveProperty("kind", "running");
  });

  it("replays an ending with its result [KEY-002]", async () => {
    const journal = memoryJournal();
    await claim(journal);
    const ending = { ...okOf(Uint8Array.of(1, 2, 3)), message: "done" };
    await settle(journal, { ending });
    expect(await claim(journal)).toEqual({ kind: "settled", ending });
  });

  it("refuses another fingerprint, while the call runs and after it [KEY-003]", async () => {
    const journal = memoryJournal();
    await claim(journal);
    expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "conflict" });
    await settle(journal);
    expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "conflict" });
  });

  it.each(["not_started", "failed"] as const)("frees the key of a call that ended %s [KEY-004]", async (outcome) => {
    const journal = memoryJournal();
    await claim(journal);
    await settle(journal, { ending: { ...failed, outcome } });
    expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "claimed" });
  });

  it.each(["completed", "unknown"] as const)("replays an error with outcome %s [KEY-004]", async (outcome) => {
    const journal = memoryJournal();
    await claim(journal);
    await settle(journal, { ending: { ...failed, outcome, retryable: false } });
    expect(await claim(journal)).toEqual({ kind: "settled", ending: { ...failed, outcome, retryable: false } });
  });

  it("gives one verdict for each claim of a batch, the first of equal keys winning", async () => {
    const journal = memoryJournal();
    const verdicts = await journal.claim([
      claimOf(),
      claimOf({ key: "k2", callId: "c2" }),
      claimOf({ callId: "c3" }),
      claimOf({ fingerprint: "f2" }),
    ]);
    expect(verdicts).toEqual([
      { kind: "claimed" },
      { kind: "claimed" },
      { kind: "running", callId: "c1", owner: "gw-1", epoch: 1 },
      { kind: "conflict" },
    ]);
    expect(await journal.claim([])).toEqual([]);
  });

  it("takes endings from the owner and epoch of the claim alone", async () => {
    const journal = memoryJournal();
    await claim(journal);
    await settle(journal, { owner: "gw-2" });
    await settle(journal, { epoch: 2 });
    expect(await claim(journal)).toHaveProperty("kind", "running");
    await settle(journal);
    expect(await claim(journal)).toHaveProperty("kind", "settled");
  });

  it("keeps the first ending, and ignores those of calls that it does not know", async () => {
    const journal = memoryJournal();
    await settle(journal, { key: "nobody" });
    await claim(journal);
    await settle(journal, { ending: { ...failed, outcome: "unknown" } });
    await settle(journal, { ending: { ...failed, outcome: "not_started" } });
    await settle(journal);
    expect(await claim(journal)).toHaveProperty("ending.outcome", "unknown");
    expect(await claim(journal, { key: "nobody" })).toEqual({ kind: "claimed" });
  });

  it("keeps a copy of the result, so that its owner may go on with the octets", async () => {
    const journal = memoryJournal();
    await claim(journal);
    const octets = Uint8Array.of(1, 2, 3);
    await settle(journal, { ending: okOf(octets) });
    octets.fill(9);
    expect(await claim(journal)).toHaveProperty("ending.body.octets", Uint8Array.of(1, 2, 3));
  });

  it("forgets an ending after its retention, counted from the settlement", async () => {
    const journal = memoryJournal({ retentionMs: hour });
    await claim(journal);
    await settle(journal, { atMs: hour });
    expect(await claim(journal, { atMs: 2 * hour - 1 })).toHaveProperty("kind", "settled");
    expect(await claim(journal, { atMs: 2 * hour })).toEqual({ kind: "claimed" });
  });

  it("keeps endings for 24 hours where nobody says otherwise", async () => {
    const journal = memoryJournal();
    await claim(journal);
    await settle(journal);
    expect(await claim(journal, { atMs: 24 * hour - 1 })).toHaveProperty("kind", "settled");
    expect(await claim(journal, { atMs: 24 * hour })).toEqual({ kind: "claimed" });
  });

  it("never forgets a call that still runs", async () => {
    const journal = memoryJournal({ retentionMs: 1 });
    await claim(journal);
    expect(await claim(journal, { atMs: 1000 * hour })).toHaveProperty("kind", "running");
  });

  it("goes on when the clock is set back", async () => {
    const journal = memoryJournal({ retentionMs: hour });
    await claim(journal, { atMs: 10 * hour });
    await settle(journal, { atMs: 10 * hour });
    expect(await claim(journal, { atMs: 0 })).toHaveProperty("kind", "settled");
    await claim(journal, { key: "k2", atMs: 0 });
    await settle(journal, { key: "k2", atMs: 0 });
    expect(await claim(journal, { atMs: 11 * hour })).toEqual({ kind: "claimed" });
    expect(await claim(journal, { key: "k2", atMs: 11 * hour })).toEqual({ kind: "claimed" });
  });

  it("gives nothing once it is closed", async () => {
    const journal = memoryJournal();
    await claim(journal);
    await journal.close();
    await expect(journal.claim([claimOf()])).rejects.toThrow(UsageError);
    await expect(journal.settle([settlementOf()])).rejects.toThrow(UsageError);
    await expect(journal.close()).resolves.toBeUndefined();
  });

  it.each([
    [{ retentionMs: 0 }, "retentionMs"],
    [{ maxOctets: -1 }, "maxOctets"],
    [{ maxOctets: 1.5 }, "maxOctets"],
    [{ maxPrincipalOctets: Infinity }, "maxPrincipalOctets"],
  ] satisfies [MemoryJournalOptions, string][])("refuses the limits %j", (options, name) => {
    expect(() => memoryJournal(options)).toThrow(`memoryJournal(): ${name} must be a positive whole number.`);
  });
});

describe("the limit of a journal in memory", () => {
  const limits = { maxOctets: 20_000, maxPrincipalOctets: 20_000, retentionMs: hour };

  it("drops the oldest results first, and says that they took effect", async () => {
    const journal = memoryJournal(limits);
    for (const key of ["k1", "k2", "k3"]) {
      await claim(journal, { key });
      await settle(journal, { key, ending: okOf(8000) });
    }
    expect(await claim(journal, { key: "k1" })).toEqual({
      kind: "settled",
      ending: {
        code: 15,
        message: "The call took effect; its result is no longer kept.",
        outcome: "completed",
        retryable: false,
        body: { content: 0, octets: new Uint8Array() },
      },
    });
    expect(await claim(journal, { key: "k2" })).toHaveProperty("ending.body.octets.length", 8000);
    expect(await claim(journal, { key: "k3" })).toHaveProperty("ending.body.octets.length", 8000);
  });

  it("drops the details of an error, but never code and outcome", async () => {
    const journal = memoryJournal(limits);
    await claim(journal);
    const body = { content: 1, octets: new Uint8Array(8000) };
    await settle(journal, { ending: { code: 10, message: "Stopped.", outcome: "unknown", retryable: false, body } });
    await fill(journal);
    expect(await claim(journal)).toEqual({
      kind: "settled",
      ending: { code: 10, outcome: "unknown", retryable: false, body: { content: 0, octets: new Uint8Array() } },
    });
    expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "conflict" });
  });

  it("takes as many keys as ever once the results are dropped", async () => {
    const journal = memoryJournal(limits);
    await claim(journal, { key: "fill999999" });
    await settle(journal, { key: "fill999999", ending: okOf(15_000) });
    expect(1 + (await fill(journal))).toBe(await fill(memoryJournal(limits)));
  });

  it("does not keep a result that is larger than all there is, and keeps the others", async () => {
    const journal = memoryJournal(limits);
    await claim(journal, { key: "k1" });
    await settle(journal, { key: "k1", ending: okOf(100) });
    await claim(journal, { key: "k2" });
    await settle(journal, { key: "k2", ending: okOf(1_000_000) });
    expect(await claim(journal, { key: "k2" })).toHaveProperty("ending.outcome", "completed");
    expect(await claim(journal, { key: "k1" })).toHaveProperty("ending.body.octets.length", 100);
  });

  it("refuses new claims when keys alone fill it, and still answers for the old ones", async () => {
    const journal = memoryJournal(limits);
    const count = await fill(journal);
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(20_000 / 256);
    expect(await claim(journal, { key: "one more" })).toEqual({
      kind: "full",
      message: "The journal of calls is full.",
      retryAfterMs: undefined,
    });
    expect(await claim(journal, { key: "fill000000" })).toHaveProperty("kind", "running");
    expect(await claim(journal, { key: "fill000000", fingerprint: "f2" })).toHaveProperty("kind", "conflict");
  });

  it("says when there will be room, and has room then", async () => {
    const journal = memoryJournal(limits);
    await claim(journal);
    await settle(journal, { atMs: 1000 });
    await fill(journal, { atMs: 2000 });
    expect(await claim(journal, { key: "more", atMs: 2000 })).toHaveProperty("retryAfterMs", hour - 1000);
    expect(await claim(journal, { key: "more", atMs: 1000 + hour })).toEqual({ kind: "claimed" });
  });

  it("has room again when a call frees its key", async () => {
    const journal = memoryJournal(limits);
    await fill(journal);
    await settle(journal, { key: "fill000000", ending: { ...failed, outcome: "failed" } });
    expect(await claim(journal, { key: "fill999999" })).toEqual({ kind: "claimed" });
  });

  it("holds for one principal, so that another one finds room", async () => {
    const journal = memoryJournal({ maxOctets: 40_000 });
    const count = await fill(journal, { principal: "mallory" });
    expect(count).toBeLessThan(10_000 / 256);
    await claim(journal, { principal: "ada" });
    await settle(journal, { principal: "ada", ending: okOf(5000) });
    expect(await claim(journal, { principal: "mallory", key: "more" })).toHaveProperty("kind", "full");
    expect(await claim(journal, { principal: "ada" })).toHaveProperty("ending.body.octets.length", 5000);
  });

  it("drops a principal's own results where it is the principal's limit that is reached", async () => {
    const journal = memoryJournal({ maxOctets: 40_000 });
    for (const principal of ["ada", "mallory"]) {
      await claim(journal, { principal });
      await settle(journal, { principal, ending: okOf(5000) });
    }
    await claim(journal, { principal: "mallory", key: "k2" });
    await settle(journal, { principal: "mallory", key: "k2", ending: okOf(8000) });
    expect(await claim(journal, { principal: "mallory" })).toHaveProperty("ending.outcome", "completed");
    expect(await claim(journal, { principal: "ada" })).toHaveProperty("ending.body.octets.length", 5000);
  });

  it("gives all room back when everything has expired", async () => {
    const journal = memoryJournal(limits);
    const first = await fill(journal);
    for (let i = 0; i < first; i += 1) {
      await settle(journal, { key: `fill${String(i).padStart(6, "0")}`, ending: okOf(i * 10) });
    }
    expect(await fill(journal, { atMs: hour })).toBe(first);
  });

  it("holds under any sequence of calls", async () => {
    // One octet counts as one, so a journal that forgets to give back or to count shows at the end.
    const journal = memoryJournal({ maxOctets: 5000, retentionMs: 50 });
    let state = 42;
    const next = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    for (let atMs = 0; atMs < 5000; atMs += 1) {
      const [principal, key] = [`p${next(3)}`, `k${next(6)}`];
      if (next(2) === 0) await claim(journal, { principal, key, atMs });
      else {
        const outcome = (["completed", "unknown", "failed"] as const)[next(3)];
        const ending = next(2) === 0 ? okOf(next(800)) : { ...failed, outcome };
        await settle(journal, { principal, key, atMs, ending });
      }
    }
    for (let p = 0; p < 3; p += 1) {
      for (let k = 0; k < 6; k += 1) {
        await settle(journal, {
          principal: `p${p}`,
          key: `k${k}`,
          atMs: 6000,
          ending: { ...failed, outcome: "failed" },
        });
      }
    }
    const fresh = memoryJournal({ maxOctets: 5000, retentionMs: 50 });
    expect(await fill(journal, { atMs: 7000 })).toBe(await fill(fresh, { atMs: 7000 }));
  });
});
