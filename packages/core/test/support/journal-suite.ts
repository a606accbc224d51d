/**
 * What every journal does, whatever it records in. Tests of a journal call {@link describeJournal} and add what is its own.
 */
import { describe, expect, it } from "vitest";
import {
  UsageError,
  type Journal,
  type JournalClaim,
  type JournalRecord,
  type JournalSettlement,
  type JournalVerdict,
  type MemoryJournalOptions,
  type RecordedEnding,
} from "../../src/index.ts";

/** The journal that is tested. */
export interface JournalSubject {
  /** For the names of tests: "a journal in ...". */
  readonly title: string;
  /** What its messages name it by: "memoryJournal()". */
  readonly factory: string;
  /** What it says it is. */
  readonly is: Pick<Journal, "name" | "durable">;
  /** How many steps a random test takes: fewer where each one waits for a disk. */
  readonly steps: number;
  /** A new, empty one. */
  readonly open: (limits?: MemoryJournalOptions) => Journal;
  /** What the next gateway finds when the one that used this journal dies. */
  readonly died: (journal: Journal) => Promise<Journal>;
}

const hour = 3_600_000;

export function claimOf(change: Partial<JournalClaim> = {}): JournalClaim {
  const call = { principal: "ada", key: "k1", tool: "cron.add", fingerprint: "f1", callId: "c1" };
  return { ...call, owner: "gw-1", epoch: 1, atMs: 0, ...change };
}

export function okOf(octets: number | Uint8Array = 0): RecordedEnding {
  return { code: 0, body: { content: 1, octets: typeof octets === "number" ? new Uint8Array(octets) : octets } };
}

export function settlementOf(change: Partial<JournalSettlement> = {}): JournalSettlement {
  return { principal: "ada", key: "k1", owner: "gw-1", epoch: 1, atMs: 0, ending: okOf(), ...change };
}

export async function claim(journal: Journal, change: Partial<JournalClaim> = {}): Promise<JournalVerdict> {
  const [verdict] = await journal.claim([claimOf(change)]);
  if (verdict === undefined) throw new Error("There is no verdict.");
  return verdict;
}

export async function settle(journal: Journal, change: Partial<JournalSettlement> = {}): Promise<void> {
  await journal.settle([settlementOf(change)]);
}

/** Looks up a record by key. */
export async function find(journal: Journal, key = "k1", principal = "ada"): Promise<JournalRecord | undefined> {
  const [record] = await journal.find([{ principal, key }]);
  return record;
}

/** Claims keys until there is no room, and gives back how many there were: `fill000000` and so on. */
async function fill(journal: Journal, change: Partial<JournalClaim> = {}): Promise<number> {
  for (let count = 0; ; ) {
    const numbers = Array.from({ length: 16 }, (_, index) => count + index);
    const claims = numbers.map((number) => claimOf({ key: fillKey(number), ...change }));
    const kinds = (await journal.claim(claims)).map(({ kind }) => kind);
    const full = kinds.indexOf("full");
    const claimed = full === -1 ? kinds.length : full;
    expect(kinds.slice(0, claimed)).toEqual(kinds.slice(0, claimed).fill("claimed"));
    expect(kinds.slice(claimed)).toEqual(kinds.slice(claimed).fill("full"));
    count += claimed;
    if (full !== -1) return count;
  }
}

function fillKey(number: number): string {
  return `fill${String(number).padStart(6, "0")}`;
}

const failed = { code: 13, message: "Disk full.", body: { content: 0, octets: new Uint8Array() } } as const;

/** The tests. */
export function describeJournal(subject: JournalSubject): void {
  const { open, died } = subject;
  describeRecords(subject, open, died);
  describeLimits(subject, open);
}

function describeRecords(
  { title, factory, is }: JournalSubject,
  open: JournalSubject["open"],
  died: JournalSubject["died"],
): void {
  describe(title, () => {
    it("says what it is", () => {
      expect(open()).toMatchObject(is);
    });

    it("lets a call run under a new key, and tells the next one who runs it [KEY-001, KEY-002]", async () => {
      const journal = open();
      expect(await claim(journal)).toEqual({ kind: "claimed" });
      expect(await claim(journal, { callId: "c2", owner: "gw-2", epoch: 7 })).toEqual({
        kind: "running",
        callId: "c1",
        owner: "gw-1",
        epoch: 1,
      });
    });

    it("gives what runs at an owner to a claim for which that owner lets go of it, and to no other", async () => {
      const journal = open();
      await claim(journal);
      const running = { kind: "running", callId: "c1", owner: "gw-1", epoch: 1 };
      expect(await claim(journal, { callId: "c2", owner: "gw-2", takes: "gw-3" })).toEqual(running);
      expect(await claim(journal, { callId: "c2", owner: "gw-2", fingerprint: "f2", takes: "gw-1" })).toEqual({
        kind: "conflict",
      });
      expect(await claim(journal, { callId: "c2", owner: "gw-2", takes: "gw-1" })).toEqual({
        kind: "abandoned",
        callId: "c1",
      });
      // From now on it is the other one's.
      await settle(journal);
      expect(await claim(journal, { callId: "c3", owner: "gw-1", takes: "gw-1" })).toMatchObject({ owner: "gw-2" });
      await settle(journal, { owner: "gw-2" });
      expect(await claim(journal, { callId: "c4", owner: "gw-1", takes: "gw-2" })).toHaveProperty("kind", "settled");
    });

    it("gives what is taken over the epoch that the claim has for that, and what is claimed afresh its other one", async () => {
      const journal = open();
      const own = { owner: "gw-2", epoch: 4, takeOverEpoch: 5 };
      await claim(journal);
      await claim(journal, { ...own, takes: "gw-1" });
      await claim(journal, { ...own, key: "fresh", callId: "c2" });
      expect(await claim(journal, own)).toMatchObject({ kind: "running", owner: "gw-2", epoch: 5 });
      expect(await claim(journal, { ...own, key: "fresh" })).toMatchObject({
        kind: "running",
        owner: "gw-2",
        epoch: 4,
      });
      await settle(journal, { owner: "gw-2", epoch: 4 });
      expect(await claim(journal, own)).toHaveProperty("kind", "running");
      await settle(journal, { owner: "gw-2", epoch: 5 });
      expect(await claim(journal, own)).toHaveProperty("kind", "settled");
    });

    it("tells keys apart by principal [KEY-001]", async () => {
      const journal = open();
      await claim(journal, { principal: "ada" });
      expect(await claim(journal, { principal: "bob", fingerprint: "f2" })).toEqual({ kind: "claimed" });
      await settle(journal, { principal: "bob" });
      expect(await claim(journal, { principal: "ada" })).toHaveProperty("kind", "running");
    });

    it("replays an ending with its result [KEY-002]", async () => {
      const journal = open();
      await claim(journal);
      const ending = { ...okOf(Uint8Array.of(1, 2, 3)), message: "done" };
      await settle(journal, { ending });
      expect(await claim(journal)).toEqual({ kind: "settled", ending });
    });

    it("refuses another fingerprint, while the call runs and after it [KEY-003]", async () => {
      const journal = open();
      await claim(journal);
      expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "conflict" });
      await settle(journal);
      expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "conflict" });
    });

    it.each(["not_started", "failed"] as const)("frees the key of a call that ended %s [KEY-004]", async (outcome) => {
      const journal = open();
      await claim(journal);
      await settle(journal, { ending: { ...failed, outcome } });
      expect(await claim(journal, { fingerprint: "f2" })).toEqual({ kind: "claimed" });
    });

    it.each(["completed", "unknown"] as const)("replays an error with outcome %s [KEY-004]", async (outcome) => {
      const journal = open();
      await claim(journal);
      await settle(journal, { ending: { ...failed, outcome, retryable: false } });
      expect(await claim(journal)).toEqual({ kind: "settled", ending: { ...failed, outcome, retryable: false } });
    });

    it("gives one verdict for each claim of a batch, the first of equal keys winning", async () => {
      const journal = open();
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
      const journal = open();
      await claim(journal);
      await settle(journal, { owner: "gw-2" });
      await settle(journal, { epoch: 2 });
      expect(await claim(journal)).toHaveProperty("kind", "running");
      await settle(journal);
      expect(await claim(journal)).toHaveProperty("kind", "settled");
    });

    it("keeps the first ending, and ignores those of calls that it does not know", async () => {
      const journal = open();
      await settle(journal, { key: "nobody" });
      await claim(journal);
      await settle(journal, { ending: { ...failed, outcome: "unknown" } });
      await settle(journal, { ending: { ...failed, outcome: "not_started" } });
      await settle(journal);
      expect(await claim(journal)).toHaveProperty("ending.outcome", "unknown");
      expect(await claim(journal, { key: "nobody" })).toEqual({ kind: "claimed" });
    });

    it("keeps a copy of the result, so that its owner may go on with the octets", async () => {
      const journal = open();
      await claim(journal);
      const octets = Uint8Array.of(1, 2, 3);
      await settle(journal, { ending: okOf(octets) });
      octets.fill(9);
      expect(await claim(journal)).toHaveProperty("ending.body.octets", Uint8Array.of(1, 2, 3));
    });

    it("forgets an ending after its retention, counted from the settlement", async () => {
      const journal = open({ retentionMs: hour });
      await claim(journal);
      await settle(journal, { atMs: hour });
      expect(await claim(journal, { atMs: 2 * hour - 1 })).toHaveProperty("kind", "settled");
      expect(await claim(journal, { atMs: 2 * hour })).toEqual({ kind: "claimed" });
    });

    it("keeps endings for 24 hours where nobody says otherwise", async () => {
      const journal = open();
      await claim(journal);
      await settle(journal);
      expect(await claim(journal, { atMs: 24 * hour - 1 })).toHaveProperty("kind", "settled");
      expect(await claim(journal, { atMs: 24 * hour })).toEqual({ kind: "claimed" });
    });

    it("never forgets a call that still runs", async () => {
      const journal = open({ retentionMs: 1 });
      await claim(journal);
      expect(await claim(journal, { atMs: 1000 * hour })).toHaveProperty("kind", "running");
    });

    it("goes on when the clock is set back", async () => {
      const journal = open({ retentionMs: hour });
      await claim(journal, { atMs: 10 * hour });
      await settle(journal, { atMs: 10 * hour });
      expect(await claim(journal, { atMs: 0 })).toHaveProperty("kind", "settled");
      await claim(journal, { key: "k2", atMs: 0 });
      await settle(journal, { key: "k2", atMs: 0 });
      expect(await claim(journal, { atMs: 11 * hour })).toEqual({ kind: "claimed" });
      expect(await claim(journal, { key: "k2", atMs: 11 * hour })).toEqual({ kind: "claimed" });
    });

    it("finds a call by its key or its id, and only that of the principal who asks [KEY-001]", async () => {
      const journal = open();
      await claim(journal, { epoch: 3, atMs: 5 });
      await claim(journal, { key: "k2", callId: "c2", atMs: 6 });
      const ending = { ...okOf(Uint8Array.of(1, 2, 3)), message: "done" };
      await settle(journal, { key: "k2", atMs: 7, ending });
      const call = { tool: "cron.add", fingerprint: "f1", owner: "gw-1" };
      const running = { ...call, key: "k1", callId: "c1", epoch: 3, claimedAtMs: 5 };
      const settled = { ...call, key: "k2", callId: "c2", epoch: 1, claimedAtMs: 6, settledAtMs: 7, ending };
      const queries = [
        { principal: "ada", callId: "c2" },
        { principal: "ada", key: "k1" },
        { principal: "bob", key: "k1" },
        { principal: "bob", callId: "c2" },
        { principal: "ada", callId: "k1" },
        { principal: "ada", callId: "c1" },
        { principal: "ada", key: "k2" },
      ];
      expect(await journal.find(queries)).toEqual([
        settled,
        running,
        undefined,
        undefined,
        undefined,
        running,
        settled,
      ]);
      expect(await journal.find([])).toEqual([]);
    });

    it("changes nothing when it is asked", async () => {
      const journal = open();
      await journal.find([{ principal: "ada", key: "k1" }]);
      expect(await claim(journal)).toEqual({ kind: "claimed" });
      await journal.find([{ principal: "ada", callId: "c1" }]);
      expect(await claim(journal)).toHaveProperty("kind", "running");
    });

    it("no longer finds what has expired", async () => {
      const journal = open({ retentionMs: hour });
      await claim(journal);
      await settle(journal);
      expect(await find(journal)).toHaveProperty("settledAtMs", 0);
      await claim(journal, { key: "k2", atMs: hour });
      expect(await find(journal)).toBeUndefined();
    });

    it("tells apart strings that look alike once they are stored", async () => {
      const journal = open();
      const keys = ["a", "a\0", "a\0b", "\ud800", "\ud801", "\ufffd", '"a"', '"\\u0000"', "", "\u00e9", "e\u0301"];
      for (const key of keys) {
        expect(await claim(journal, { key, callId: key, principal: "ada\0" })).toEqual({ kind: "claimed" });
      }
      const found = await journal.find(keys.map((callId) => ({ principal: "ada\0", callId })));
      expect(found.map((record) => record?.key)).toEqual(keys);
      expect(await find(journal, "a", "ada")).toBeUndefined();
    });

    it("hands what its owner left when it died to the next one who asks, and to no other [KEY-007]", async () => {
      const first = open();
      await claim(first);
      await claim(first, { key: "k2", callId: "c2" });
      await settle(first, { key: "k2", ending: okOf(Uint8Array.of(7)) });
      const journal = await died(first);
      const next = { owner: "gw-2", callId: "c3", atMs: 1000 };
      expect(await claim(journal, { ...next, fingerprint: "f2" })).toEqual({ kind: "conflict" });
      const verdicts = await journal.claim([claimOf(next), claimOf({ ...next, callId: "c4" })]);
      expect(verdicts).toEqual([
        { kind: "abandoned", callId: "c1" },
        { kind: "running", callId: "c1", owner: "gw-2", epoch: 1 },
      ]);
      expect(await claim(journal, { ...next, key: "k2" })).toHaveProperty("ending.body.octets", Uint8Array.of(7));
      expect(await find(journal)).toMatchObject({ callId: "c1", owner: "gw-2", claimedAtMs: 0 });
    });

    it("takes the ending of an abandoned call from its new owner alone [KEY-007]", async () => {
      const first = open();
      await claim(first);
      const journal = await died(first);
      await settle(journal);
      expect(await claim(journal, { owner: "gw-2" })).toEqual({ kind: "abandoned", callId: "c1" });
      await settle(journal);
      expect(await claim(journal, { owner: "gw-2" })).toHaveProperty("kind", "running");
      await settle(journal, { owner: "gw-2", ending: { ...failed, outcome: "unknown" } });
      expect(await claim(journal, { owner: "gw-2" })).toHaveProperty("ending.outcome", "unknown");
    });

    it("calls abandoned again what the second owner left, too", async () => {
      const first = open();
      await claim(first);
      const second = await died(first);
      await claim(second, { owner: "gw-2" });
      const third = await died(second);
      expect(await claim(third, { owner: "gw-3" })).toEqual({ kind: "abandoned", callId: "c1" });
    });

    it("gives nothing once it is closed", async () => {
      const journal = open();
      await claim(journal);
      await journal.close();
      await expect(journal.claim([claimOf()])).rejects.toThrow(UsageError);
      await expect(journal.settle([settlementOf()])).rejects.toThrow(UsageError);
      await expect(journal.find([{ principal: "ada", key: "k1" }])).rejects.toThrow(UsageError);
      await expect(journal.close()).resolves.toBeUndefined();
    });

    it.each([
      [{ retentionMs: 0 }, "retentionMs"],
      [{ maxOctets: -1 }, "maxOctets"],
      [{ maxOctets: 1.5 }, "maxOctets"],
      [{ maxPrincipalOctets: Infinity }, "maxPrincipalOctets"],
    ] satisfies [MemoryJournalOptions, string][])("refuses the limits %j", (options, name) => {
      expect(() => open(options)).toThrow(`${factory}: ${name} must be a positive whole number.`);
    });
  });
}

function describeLimits({ title, steps }: JournalSubject, open: JournalSubject["open"]): void {
  describe(`the limit of ${title}`, () => {
    const limits = { maxOctets: 20_000, maxPrincipalOctets: 20_000, retentionMs: hour };

    it("drops the oldest results first, and says that they took effect", async () => {
      const journal = open(limits);
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
      const journal = open(limits);
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
      const journal = open(limits);
      await claim(journal, { key: fillKey(999_999) });
      await settle(journal, { key: fillKey(999_999), ending: okOf(15_000) });
      expect(1 + (await fill(journal))).toBe(await fill(open(limits)));
    });

    it("does not keep a result that is larger than all there is, and keeps the others", async () => {
      const journal = open(limits);
      await claim(journal, { key: "k1" });
      await settle(journal, { key: "k1", ending: okOf(100) });
      await claim(journal, { key: "k2" });
      await settle(journal, { key: "k2", ending: okOf(1_000_000) });
      expect(await claim(journal, { key: "k2" })).toHaveProperty("ending.outcome", "completed");
      expect(await claim(journal, { key: "k1" })).toHaveProperty("ending.body.octets.length", 100);
    });

    it("refuses new claims when keys alone fill it, and still answers for the old ones", async () => {
      const journal = open(limits);
      const count = await fill(journal);
      expect(count).toBeGreaterThan(20);
      expect(count).toBeLessThan(20_000 / 256);
      expect(await claim(journal, { key: "one more" })).toEqual({
        kind: "full",
        message: "The journal of calls is full.",
        retryAfterMs: undefined,
      });
      expect(await claim(journal, { key: fillKey(0) })).toHaveProperty("kind", "running");
      expect(await claim(journal, { key: fillKey(0), fingerprint: "f2" })).toHaveProperty("kind", "conflict");
    });

    it("says when there will be room, and has room then", async () => {
      const journal = open(limits);
      await claim(journal);
      await settle(journal, { atMs: 1000 });
      await fill(journal, { atMs: 2000 });
      expect(await claim(journal, { key: "more", atMs: 2000 })).toHaveProperty("retryAfterMs", hour - 1000);
      expect(await claim(journal, { key: "more", atMs: 1000 + hour })).toEqual({ kind: "claimed" });
    });

    it("has room again when a call frees its key", async () => {
      const journal = open(limits);
      await fill(journal);
      await settle(journal, { key: fillKey(0), ending: { ...failed, outcome: "failed" } });
      expect(await claim(journal, { key: fillKey(999_999) })).toEqual({ kind: "claimed" });
    });

    it("holds for one principal, so that another one finds room", async () => {
      const journal = open({ maxOctets: 40_000 });
      const count = await fill(journal, { principal: "mallory" });
      expect(count).toBeLessThan(10_000 / 256);
      await claim(journal, { principal: "ada" });
      await settle(journal, { principal: "ada", ending: okOf(5000) });
      expect(await claim(journal, { principal: "mallory", key: "more" })).toHaveProperty("kind", "full");
      expect(await claim(journal, { principal: "ada" })).toHaveProperty("ending.body.octets.length", 5000);
    });

    it("drops a principal's own results where it is the principal's limit that is reached", async () => {
      const journal = open({ maxOctets: 40_000 });
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
      const journal = open(limits);
      const first = await fill(journal);
      const settlements = Array.from({ length: first }, (_, i) =>
        settlementOf({ key: fillKey(i), ending: okOf(i * 10) }),
      );
      await journal.settle(settlements);
      expect(await fill(journal, { atMs: hour })).toBe(first);
    });

    it("holds under any sequence of calls", async () => {
      // One octet counts as one, so a journal that forgets to give back or to count shows at the end.
      const journal = open({ maxOctets: 5000, retentionMs: 50 });
      let state = 42;
      const next = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
      for (let atMs = 0; atMs < steps; atMs += 1) {
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
            atMs: steps + 1000,
            ending: { ...failed, outcome: "failed" },
          });
        }
      }
      const fresh = open({ maxOctets: 5000, retentionMs: 50 });
      expect(await fill(journal, { atMs: steps + 2000 })).toBe(await fill(fresh, { atMs: steps + 2000 }));
    });
  });
}
