/** Endings that the journal does not take: the effect is done, and nobody may be told otherwise (KEY-009). */
import { describe, expect, it } from "vitest";
import { memoryJournal, ToolError, type Journal, type JournalSettlement } from "../../src/index.ts";
import { KEPT_ENDINGS, KEPT_OCTETS, Recorder } from "../../src/session/recorder.ts";
import { journalWith } from "../support/journals.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import { VirtualTime } from "../support/virtual-time.ts";

/** A journal that takes endings only while its disk has room. */
class FullDisk {
  full = true;
  /** How often it was asked to take endings. */
  tries = 0;
  readonly inner: Journal = memoryJournal();
  readonly journal: Journal = {
    name: "disk",
    durable: true,
    claim: (claims) => this.inner.claim(claims),
    settle: (settlements) => {
      this.tries += 1;
      return this.full ? Promise.reject(new Error("the disk is full")) : this.inner.settle(settlements);
    },
    find: (queries) => this.inner.find(queries),
    close: () => this.inner.close(),
  };

  /** How the journal says that the call with the key `k` ended. */
  async recorded(): Promise<string> {
    const [record] = await this.inner.find([{ principal: "alice", key: "k" }]);
    return record === undefined ? "no record" : `code ${record.ending?.code}`;
  }
}

describe("an ending that the journal refuses", () => {
  it("is told to the caller, and to every repetition", async () => {
    const disk = new FullDisk();
    const { handler, open, runs } = gate();
    const { client, time, once } = await kitWorld({ add: handler }, { journal: disk.journal });
    const api = client.client(kit);
    open("added");
    const states: string[] = [];
    const first = watch(api.add(1, { key: "k" }));
    await time.settle();
    const again = watch(api.add(1, { key: "k", onAccept: ({ state }) => states.push(state) }));
    await time.settle();
    const other = watch(api.add(2, { key: "k" }));
    await time.settle();
    expect([first, again, other].map(({ said }) => said)).toEqual([
      'ok: "added"',
      'ok: "added"',
      "already_exists, not_started",
    ]);
    expect([runs(), once.running, await disk.recorded()]).toEqual([1, 0, "code undefined"]);
  });

  it("is recorded when there is room again", async () => {
    const disk = new FullDisk();
    const { client, time } = await kitWorld({}, { journal: disk.journal });
    watch(client.client(kit).add(1, { key: "k" }));
    await time.advance(10_000);
    disk.full = false;
    await time.advance(60_000);
    expect(await disk.recorded()).toBe("code 0");
    const { tries } = disk;
    await time.advance(3_600_000);
    expect(disk.tries).toBe(tries);
  });

  it("is recorded with the next one that the journal takes", async () => {
    const disk = new FullDisk();
    const { client, time } = await kitWorld({}, { journal: disk.journal });
    watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    disk.full = false;
    watch(client.client(kit).add(2));
    await time.settle();
    expect(await disk.recorded()).toBe("code 0");
  });

  it("is tried for about an hour by timers, ever more rarely, and then with the next ending alone", async () => {
    const disk = new FullDisk();
    const { client, time } = await kitWorld({}, { journal: disk.journal });
    watch(client.client(kit).add(1, { key: "k" }));
    await time.advance(7_200_000);
    const { tries } = disk;
    expect(tries).toBeGreaterThan(50);
    expect(tries).toBeLessThan(100);
    await time.advance(7_200_000);
    expect(disk.tries).toBe(tries);
    disk.full = false;
    watch(client.client(kit).add(2));
    await time.settle();
    expect(await disk.recorded()).toBe("code 0");
  });

  it("and that frees its key is told as it is, and the key is free as soon as the journal can be told", async () => {
    const disk = new FullDisk();
    let runs = 0;
    const { client, time, once } = await kitWorld(
      {
        add: (input) => {
          runs += 1;
          if (runs === 1) throw new ToolError("out_of_range", "No such job.");
          return input;
        },
      },
      { journal: disk.journal },
    );
    const api = client.client(kit);
    const first = watch(api.add(1, { key: "k" }));
    await time.settle();
    expect([first.said, once.running]).toEqual(["out_of_range, failed", 0]);
    const meanwhile = watch(api.add(1, { key: "k" }));
    await time.settle();
    expect([meanwhile.said, runs]).toEqual(["unavailable, not_started", 1]);
    disk.full = false;
    const again = watch(api.add("other", { key: "k" }));
    await time.settle();
    expect([again.said, runs]).toEqual(['ok: "other"', 2]);
  });
});

describe("a journal that does not answer", () => {
  it("keeps no gateway from coming to rest: it counts as one that refuses after 30 seconds [KEY-009]", async () => {
    const { client, time, once } = await kitWorld({}, { journal: journalWith({ settle: () => never() }) });
    const call = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect([call.said, once.running]).toEqual(["ok: 1", 1]);
    await time.advance(30_000);
    expect(once.running).toBe(0);
    const again = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect(again.said).toBe("ok: 1");
  });

  it("lets no call run after 30 seconds, and what it has claimed late is free again [KEY-009]", async () => {
    const inner = memoryJournal();
    const answer = Promise.withResolvers<undefined>();
    let claims = 0;
    const journal = journalWith({
      claim: async (batch) => {
        claims += 1;
        const verdicts = await inner.claim(batch);
        if (claims === 1) await answer.promise;
        return verdicts;
      },
      settle: (settlements) => inner.settle(settlements),
    });
    const { handler, runs } = gate();
    const { client, time, once } = await kitWorld({ add: handler }, { journal });
    const call = watch(client.client(kit).add(1, { key: "k", timeoutMs: Number.POSITIVE_INFINITY }));
    await time.advance(30_000);
    expect([call.said, once.running]).toEqual(["unavailable, not_started", 0]);
    const meanwhile = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect(meanwhile.said).toBe("unavailable, not_started");
    answer.resolve(undefined);
    await time.settle();
    expect([runs(), once.running]).toEqual([0, 0]);
    expect(await inner.find([{ principal: "alice", key: "k" }])).toEqual([undefined]);
  });
});

describe("the endings that are kept", () => {
  const claimOf = (key: string) => ({
    principal: "ada",
    key,
    tool: "add",
    fingerprint: "f",
    callId: `c-${key}`,
    owner: "g",
    epoch: 1,
    atMs: 0,
  });
  const okOf = (octets: number) => ({ code: 0, body: { content: 4, octets: new Uint8Array(octets) } });

  /** A recorder over a journal that takes what `takes` lets it. */
  function recording(takes: (settlement: JournalSettlement) => boolean): {
    recorder: Recorder;
    time: VirtualTime;
    taken: string[];
  } {
    const time = new VirtualTime();
    const taken: string[] = [];
    const settle = async (batch: readonly JournalSettlement[]): Promise<void> => {
      if (!batch.every(takes)) throw new Error("one of them is too much");
      taken.push(...batch.map(({ key }) => key));
    };
    return { recorder: new Recorder(journalWith({ settle }), time.environment("g")), time, taken };
  }

  it("are so many, and the oldest are forgotten first", async () => {
    const { recorder, time } = recording(() => false);
    for (let i = 0; i <= KEPT_ENDINGS; i += 1) void recorder.record(claimOf(`k${i}`), okOf(0));
    await time.settle();
    expect(recorder.find("ada", "k0")).toBe(undefined);
    expect(recorder.find("ada", "k1")).toBeDefined();
    expect(recorder.findCall("ada", `c-k${KEPT_ENDINGS}`)).toBeDefined();
  });

  it("have so many octets, beyond which the oldest lose their results, and not their outcomes", async () => {
    const { recorder, time } = recording(() => false);
    for (const key of ["a", "b", "c"]) void recorder.record(claimOf(key), okOf(KEPT_OCTETS / 2));
    await time.settle();
    const [a, b] = ["a", "b"].map((key) => recorder.find("ada", key)?.settlement.ending);
    expect([a?.outcome, a?.body.octets.length]).toEqual(["completed", 0]);
    expect([b?.code, b?.body.octets.length]).toEqual([0, KEPT_OCTETS / 2]);
  });

  it("do not wait for those that the journal never takes", async () => {
    let full = true;
    const { recorder, time, taken } = recording(({ key }) => !full && !key.startsWith("poison"));
    for (const key of ["poison 1", "poison 2", "a", "b", "c"]) void recorder.record(claimOf(key), okOf(1));
    await time.settle();
    full = false;
    await time.advance(60_000);
    expect(taken.sort()).toEqual(["a", "b", "c"]);
    expect(recorder.find("ada", "poison 1")).toBeDefined();
  });

  it("are not asked for one by one where the journal takes nothing at all", async () => {
    const time = new VirtualTime();
    let tries = 0;
    const settle = (): Promise<void> => Promise.reject(new Error(`try ${++tries}`));
    const recorder = new Recorder(journalWith({ settle }), time.environment("g"));
    for (let i = 0; i < 100; i += 1) void recorder.record(claimOf(`k${i}`), okOf(1));
    await time.settle();
    await time.advance(1_000);
    expect(tries).toBe(4);
  });
});
