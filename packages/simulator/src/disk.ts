/**
 * What a process leaves behind: a journal whose durable part outlives it.
 *
 * @module
 */
import type { Journal, JournalClaim, JournalSettlement, JournalVerdict } from "@turnmux/core";
import { Rank } from "./agenda.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** What a full disk says. */
export const DISK_FULL = "the disk is full";

type RecordedEnding = JournalSettlement["ending"];
type Query = Parameters<Journal["find"]>[0][number];
type Found = NonNullable<Awaited<ReturnType<Journal["find"]>>[number]>;

interface Entry {
  readonly principal: string;
  readonly key: string;
  readonly tool: string;
  readonly fingerprint: string;
  readonly callId: string;
  owner: string;
  epoch: number;
  readonly claimedAtMs: number;
  settledAtMs: number | undefined;
  ending: RecordedEnding | undefined;
}

/** A batch on its way to the disk. */
interface Batch {
  readonly process: Process;
  /** It is durable from here on; what comes back answers the process. */
  readonly apply: () => () => void;
  readonly refuse: () => void;
  over: boolean;
}

/** See the module's comment. A restarted process opens it again. */
export class Disk {
  readonly name: string;
  /** Until when nothing can be written. */
  fullUntil = 0;
  /** Milliseconds for a commit: between 0 and this. */
  commitMs: number;
  /** Times that something was wrong with it. */
  disturbances = 0;
  readonly #world: World;
  readonly #entries = new Map<string, Entry>();
  /** When each key was freed last. */
  readonly #freed = new Map<string, number>();
  #lastCommit = 0;
  #batches: Batch[] = [];

  constructor(world: World, name: string, commitMs: number) {
    this.#world = world;
    this.name = name;
    this.commitMs = commitMs;
  }

  /** Whether a claim of this key is durable, or was so at some time since then. */
  held(principal: string, key: string, since: number): boolean {
    const at = address(principal, key);
    return this.#entries.has(at) || (this.#freed.get(at) ?? Number.NEGATIVE_INFINITY) >= since;
  }

  /** Records whose call has not ended. */
  get unsettled(): number {
    let count = 0;
    for (const { ending } of this.#entries.values()) if (ending === undefined) count += 1;
    return count;
  }

  /** The journal as one life of a process has it: every other owner is dead. */
  open(process: Process): Journal {
    const owners = new Set<string>();
    process.died.push(() => this.#died(process));
    return {
      name: this.name,
      durable: true,
      claim: (claims) => {
        for (const { owner } of claims) owners.add(owner);
        return this.#write(process, `claims ${claims.map(({ key }) => key).join(", ")}`, () =>
          claims.map((claim) => this.#claim(claim, owners)),
        );
      },
      settle: (settlements) =>
        this.#write(process, `settles ${settlements.map(({ key }) => key).join(", ")}`, () => {
          for (const settlement of settlements) this.#settle(settlement);
        }),
      find: (queries) => this.#read(process, () => queries.map((query) => this.#find(query))),
      close: () => Promise.resolve(),
    };
  }

  #write<T>(process: Process, what: string, apply: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!process.perform()) return;
      const world = this.#world;
      const commitAt = Math.max(world.now, this.#lastCommit) + world.random.real(0, this.commitMs);
      this.#lastCommit = commitAt;
      const batch: Batch = {
        process,
        apply: () => {
          const answer = apply();
          return () => resolve(answer);
        },
        refuse: () => reject(new Error(DISK_FULL)),
        over: false,
      };
      this.#batches.push(batch);
      if (world.trace !== undefined) world.note(process.name, `${this.name}: ${what}`);
      world.at(commitAt, Rank.arrival, () => this.#commit(batch));
    });
  }

  #read<T>(process: Process, read: () => T): Promise<T> {
    return new Promise((resolve) => {
      const world = this.#world;
      world.at(world.now + world.random.real(0, this.commitMs), Rank.arrival, () => resolve(read()), process);
    });
  }

  #commit(batch: Batch): void {
    if (batch.over) return;
    batch.over = true;
    this.#batches = this.#batches.filter((other) => other !== batch);
    const world = this.#world;
    const answer = world.now < this.fullUntil ? batch.refuse : batch.apply();
    // Durable, and the process does not know it yet.
    world.at(world.now + world.random.real(0, 0.5), Rank.arrival, answer, batch.process);
  }

  /** The process is dead: what was on its way to the disk is there up to some batch, and the rest is lost. */
  #died(process: Process): void {
    let keep = this.#world.random.chance(0.5);
    for (const batch of this.#batches) {
      if (batch.process !== process) continue;
      keep &&= this.#world.random.chance(0.7);
      batch.over = true;
      if (keep && this.#world.now >= this.fullUntil) batch.apply();
    }
    this.#batches = this.#batches.filter(({ over }) => !over);
  }

  #claim(claim: JournalClaim, owners: ReadonlySet<string>): JournalVerdict {
    const { principal, key, tool, fingerprint, callId, owner, epoch, atMs } = claim;
    const entry = this.#entries.get(address(principal, key));
    if (entry === undefined) {
      const made = { principal, key, tool, fingerprint, callId, owner, epoch, claimedAtMs: atMs };
      this.#entries.set(address(principal, key), { ...made, settledAtMs: undefined, ending: undefined });
      return { kind: "claimed" };
    }
    if (entry.fingerprint !== fingerprint) return { kind: "conflict" };
    if (entry.ending !== undefined) return { kind: "settled", ending: entry.ending };
    if (owners.has(entry.owner)) {
      return { kind: "running", callId: entry.callId, owner: entry.owner, epoch: entry.epoch };
    }
    entry.owner = owner;
    entry.epoch = epoch;
    return { kind: "abandoned", callId: entry.callId };
  }

  #settle({ principal, key, owner, epoch, atMs, ending }: JournalSettlement): void {
    const entry = this.#entries.get(address(principal, key));
    if (entry === undefined || entry.ending !== undefined || entry.owner !== owner || entry.epoch !== epoch) return;
    if (ending.outcome === "not_started" || ending.outcome === "failed") {
      this.#entries.delete(address(principal, key));
      this.#freed.set(address(principal, key), this.#world.now);
      return;
    }
    entry.settledAtMs = atMs;
    // A copy: the octets may be a part of a buffer that changes.
    entry.ending = { ...ending, body: { ...ending.body, octets: ending.body.octets.slice() } };
  }

  #find(query: Query): Found | undefined {
    if ("key" in query) return this.#entries.get(address(query.principal, query.key));
    for (const entry of this.#entries.values()) {
      if (entry.principal === query.principal && entry.callId === query.callId) return entry;
    }
    return undefined;
  }
}

function address(principal: string, key: string): string {
  return `${principal}\n${key}`;
}
