/**
 * Calls of `once` tools: claimed in the journal before they run, joined while they run, replayed when they are over.
 * `docs/spec.md` section 7, "Keys".
 *
 * @module
 */
import type {
  Journal,
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
} from "../journal/journal.ts";
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";
import { unknownOfBoth } from "./aftermath.ts";
import { Lives, type OwnerLife } from "./lives.ts";
import { recorded, replayed } from "./recorded.ts";
import { address, answered, Recorder, type Unrecorded } from "./recorder.ts";
import { failed, freesKey, type Settled } from "./settled.ts";

/** What came of asking for a key. */
export type OnceVerdict =
  /** The caller's execution may start. */
  | { readonly kind: "run" }
  /** The call with this key ran when its owner died: what became of it is to be found out (KEY-007). */
  | { readonly kind: "abandoned"; readonly callId: string }
  /** The call with this key is over, with this ending. */
  | { readonly kind: "replay"; readonly settled: Settled }
  /** A call with this key runs in another process, or another thread: one that can be asked, or not. */
  | { readonly kind: "elsewhere" }
  /** Nothing runs here: this is the end. */
  | { readonly kind: "refuse"; readonly settled: Settled };

/** A key that is held here: an execution runs under it, or is about to, or is being recorded. */
export interface HeldKey {
  readonly claim: JournalClaim;
  readonly execution: Execution;
}

/**
 * Keys that another thread of this process holds, whose calls the same journal records. What the journal has as running there, and is
 * not held there, nobody runs: the other thread hands it over to the claim ({@link OnceCalls.handOver}), and tells what the journal said.
 */
export interface OtherKeys {
  /**
   * Joins the run of a key there on behalf of an execution, and resolves with how it ended, or with what came of handing the key over.
   * Undefined where the run came to nothing: the journal is to be asked again. `elsewhere` where nobody can be asked. Never rejects.
   */
  join(claim: JournalClaim, execution: Execution): Promise<OnceVerdict | undefined>;
  /** The same without waiting for a run: `elsewhere` where there is one. */
  ask(claim: JournalClaim): Promise<OnceVerdict | undefined>;
}

/** What {@link OnceCalls} may be told. */
export interface OnceOptions {
  /** The name in the journal. Default: drawn anew. */
  readonly owner?: string | undefined;
  /** Of an owner that has successors of the same name. */
  readonly life?: OwnerLife | undefined;
  /** Absent where all keys of this process are held here. */
  readonly others?: OtherKeys | undefined;
  /**
   * Told when a key is let go of whose call this execution was: the journal has its ending, or will have none. `refused`: it has not taken
   * it so far, and what is kept of it may come to nothing.
   */
  readonly released?: ((execution: Execution, refused: boolean) => void) | undefined;
}

interface PendingClaim {
  readonly claim: JournalClaim;
  /** Absent where another thread asks for the key. */
  readonly execution: Execution | undefined;
  readonly resolve: (verdict: OnceVerdict) => void;
}

/** One for each registry with a journal: keys belong to the principal, not to the session (KEY-001). */
export class OnceCalls {
  readonly #journal: Journal;
  readonly #environment: Environment;
  readonly #owner: string;
  readonly #lives: Lives;
  readonly #others: OtherKeys | undefined;
  readonly #released: OnceOptions["released"];
  readonly #held = new Map<string, HeldKey>();
  readonly #recorder: Recorder;
  #claims: PendingClaim[] = [];
  /** Keys whose claims were refused because the journal did not answer in time, and which it may still take. */
  readonly #late = new Set<string>();
  /** Keys that are being handed over to another thread: whose they are is known when that is done. */
  readonly #handing = new Map<string, Promise<OnceVerdict | undefined>>();

  constructor(journal: Journal, environment: Environment, options: OnceOptions = {}) {
    this.#journal = journal;
    this.#environment = environment;
    this.#owner = options.owner ?? environment.id();
    this.#lives = new Lives(this.#owner, options.life);
    this.#others = options.others;
    this.#released = options.released;
    this.#recorder = new Recorder(journal, environment);
  }

  /** Calls that run at present, or are about to. Endings that the journal refuses are not waited for (KEY-009). */
  get running(): number {
    return this.#held.size;
  }

  /** The execution that runs under this key, whatever its session. */
  find(principal: string, key: string): Execution | undefined {
    return this.#held.get(address(principal, key))?.execution;
  }

  /** The keys of a principal that are held here. */
  *heldBy(principal: string): Generator<HeldKey> {
    for (const held of this.#held.values()) if (held.claim.principal === principal) yield held;
  }

  /** The ending of a key or call that the journal has not taken yet. */
  unrecorded(query: JournalQuery): Unrecorded | undefined {
    return "key" in query
      ? this.#recorder.find(query.principal, query.key)
      : this.#recorder.findCall(query.principal, query.callId);
  }

  /** The record of a key or call. Rejects when the journal cannot be read. */
  async record(query: JournalQuery): Promise<JournalRecord | undefined> {
    const [record] = await this.#journal.find([query]);
    return record;
  }

  /**
   * Asks for a key on behalf of an execution, which is joined by others that ask for it until {@link settle} or
   * {@link release} lets go of the key. Claims of one event-loop turn go to the journal together.
   */
  async claim(principal: string, key: string, callId: string, execution: Execution): Promise<OnceVerdict> {
    const claim = this.#claimOf(principal, key, callId, execution);
    const place = address(principal, key);
    if (this.#isLate(place)) return NO_VERDICT;
    this.#hold(claim, execution);
    for (let handing = this.#handing.get(place); handing !== undefined; handing = this.#handing.get(place))
      await handing;
    return this.#taken(principal, key, await this.#asked(claim, execution));
  }

  /**
   * For another thread, which has found a key that is not held here recorded as this one's: it is the claim's from now on, unless there
   * is an ending of it. Resolves with what the journal says to the claim; undefined where the key was free for it, and is to be asked for
   * again.
   */
  async handOver(claim: JournalClaim): Promise<OnceVerdict | undefined> {
    const place = address(claim.principal, claim.key);
    if (this.#isLate(place)) return NO_VERDICT;
    const handing = this.#handsOver(claim);
    this.#handing.set(place, handing);
    const verdict = await handing;
    if (this.#handing.get(place) === handing) this.#handing.delete(place);
    return verdict;
  }

  async #handsOver(claim: JournalClaim): Promise<OnceVerdict | undefined> {
    const { principal, key } = claim;
    const found = await answered(this.#environment, this.#recordOr(principal, key), undefined);
    if (found !== undefined && found.ending === undefined && this.#lives.neverBegan(found)) {
      await this.#recorder.record({ ...claim, ...found }, recorded(NEVER_BEGAN));
      return this.#recorder.find(principal, key) === undefined ? undefined : NO_VERDICT;
    }
    return this.#asked({ ...claim, takes: this.#owner }, undefined);
  }

  /** The record of a key; undefined also where it cannot be read. */
  async #recordOr(principal: string, key: string): Promise<JournalRecord | undefined> {
    try {
      return await this.record({ principal, key });
    } catch {
      return undefined;
    }
  }

  /** A call that was taken over is recorded in another place than the claim says. */
  #taken<V extends OnceVerdict | undefined>(principal: string, key: string, verdict: V): V {
    if (verdict?.kind !== "abandoned") return verdict;
    const held = this.#held.get(address(principal, key));
    const epoch = held?.claim.takeOverEpoch;
    if (held !== undefined && epoch !== undefined) this.#hold({ ...held.claim, epoch }, held.execution);
    return verdict;
  }

  #hold(claim: JournalClaim, execution: Execution): void {
    execution.epoch = claim.epoch;
    this.#held.set(address(claim.principal, claim.key), { claim, execution });
  }

  /** What a journal that does not answer makes of the claim before is still to come: until then nobody knows. */
  #isLate(place: string): boolean {
    return this.#late.has(place) || this.#late.size >= LATE_CLAIMS;
  }

  async #asked(claim: JournalClaim, execution: Execution | undefined): Promise<OnceVerdict> {
    const unrecorded = this.#recorder.find(claim.principal, claim.key);
    if (unrecorded !== undefined) {
      const { ending } = unrecorded.settlement;
      if (ending.outcome !== "not_started" && ending.outcome !== "failed") {
        if (unrecorded.claim.fingerprint !== claim.fingerprint) return OTHER_ARGUMENTS;
        return this.#readable(() => ({ kind: "replay", settled: replayed(ending) }));
      }
      // The key is to be free, and is not while the journal does not know: what it holds is no call of the past that may
      // be taken up again, and what frees the key must not come after the claim.
      if (!(await this.#recorder.retry(unrecorded))) return NO_VERDICT;
    }
    return new Promise<OnceVerdict>((resolve) => {
      this.#claims.push({ claim, execution, resolve });
      if (this.#claims.length === 1) this.#environment.defer(() => void this.#sendClaims());
    });
  }

  /** Records the ending of a claimed execution; resolves when that is done, and the key is no longer joined but replayed. */
  async settle(principal: string, key: string, settled: Settled): Promise<void> {
    const held = this.#held.get(address(principal, key));
    if (held !== undefined) await this.#recorder.record(held.claim, recorded(settled));
    this.release(principal, key);
  }

  /** Ends a claimed execution: its callers hear how, and the journal. */
  async end(principal: string, key: string, execution: Execution, settled: Settled): Promise<void> {
    const unknown = execution.repeats ? unknownOfBoth(settled) : undefined;
    if (unknown !== undefined) {
      // Not recorded: the key stays taken until a run of it has ended otherwise than without effect, and whoever comes with it next runs
      // it again (KEY-007).
      this.release(principal, key);
      execution.settle(unknown, true);
      return;
    }
    // A key that is free again must be so before anybody hears of it (KEY-004). Otherwise callers need not wait for the
    // journal: a repetition meanwhile joins, and hears the same.
    if (freesKey(settled)) await this.settle(principal, key, settled);
    execution.settle(settled);
    if (!freesKey(settled)) await this.settle(principal, key, settled);
  }

  /** Holds a key that was claimed under this owner's name and `epoch` before, by who is there no more, and whose execution goes on. */
  adopt(principal: string, key: string, callId: string, epoch: number, execution: Execution): void {
    this.#hold({ ...this.#claimOf(principal, key, callId, execution), epoch }, execution);
  }

  /** Joins the run of a claimed key in another thread: see {@link OtherKeys}. */
  async joinOther(principal: string, key: string, execution: Execution): Promise<OnceVerdict | undefined> {
    const held = this.#held.get(address(principal, key));
    if (held === undefined || this.#others === undefined) return ELSEWHERE;
    return this.#taken(principal, key, await this.#others.join(held.claim, execution));
  }

  /** Asks another thread for a claimed key, and waits for no run: see {@link OtherKeys}. */
  async askOther(principal: string, key: string): Promise<OnceVerdict> {
    const held = this.#held.get(address(principal, key));
    const verdict = held === undefined ? undefined : await this.#others?.ask(held.claim);
    return this.#taken(principal, key, verdict ?? ELSEWHERE);
  }

  #claimOf(principal: string, key: string, callId: string, execution: Execution): JournalClaim {
    return {
      principal,
      key,
      tool: execution.tool.name,
      fingerprint: execution.fingerprint ?? "",
      callId,
      ...this.#lives.claims(execution.tool),
      atMs: this.#environment.wallClock(),
    };
  }

  /** Lets go of a key that was refused or replayed, or of which nothing was found out. */
  release(principal: string, key: string): void {
    const place = address(principal, key);
    const held = this.#held.get(place);
    if (held === undefined) return;
    this.#held.delete(place);
    this.#released?.(held.execution, this.#recorder.find(principal, key) !== undefined);
  }

  async #sendClaims(): Promise<void> {
    const batch = this.#claims;
    this.#claims = [];
    const verdicts = this.#verdicts(batch);
    const inTime = await answered(this.#environment, verdicts, undefined);
    for (const [index, { resolve }] of batch.entries()) resolve(inTime?.[index] ?? NO_VERDICT);
    if (inTime !== undefined) return;
    const addresses = batch.map(({ claim }) => address(claim.principal, claim.key));
    for (const late of addresses) this.#late.add(late);
    // A journal that does not answer lets no call run. What it has claimed when it does at last is to be free again.
    const answers = await verdicts;
    for (const late of addresses) this.#late.delete(late);
    for (const [index, verdict] of answers.entries()) {
      const late = batch[index];
      if (late !== undefined && verdict.kind === "run") this.#free(late);
    }
  }

  #free({ claim, execution }: PendingClaim): void {
    const { principal, key } = claim;
    if (execution === undefined) {
      void this.#recorder.record(claim, recorded(NEVER_RAN));
      return;
    }
    if (this.#held.has(address(principal, key))) return;
    // Whoever comes with the key meanwhile hears the same.
    this.#hold(claim, execution);
    void this.settle(principal, key, NEVER_RAN);
  }

  async #verdicts(batch: readonly PendingClaim[]): Promise<readonly OnceVerdict[]> {
    try {
      const claims = batch.map(({ claim }) => claim);
      const verdicts = await this.#claimLeft(claims, await this.#journal.claim(claims));
      return verdicts.map((verdict, index) =>
        verdict === undefined ? NO_VERDICT : this.#readable(() => verdictOf(verdict, batch[index]?.claim)),
      );
    } catch (error) {
      this.#environment.log.error("turnmux: the journal took no claims; the calls were refused", {
        journal: this.#journal.name,
        error,
      });
      return [];
    }
  }

  /** Asks once more for what is recorded as a predecessor's: what never began is free, and everything else is taken over. */
  async #claimLeft(
    claims: readonly JournalClaim[],
    first: readonly JournalVerdict[],
  ): Promise<readonly (JournalVerdict | undefined)[]> {
    const left: { readonly index: number; readonly claim: JournalClaim }[] = [];
    const unbegun: JournalSettlement[] = [];
    const ending = recorded(NEVER_BEGAN);
    for (const [index, claim] of claims.entries()) {
      const verdict = first[index];
      if (verdict?.kind !== "running" || !this.#lives.isLeft(verdict, claim)) continue;
      const { principal, key, atMs } = claim;
      const { owner, epoch } = verdict;
      const neverBegan = this.#lives.neverBegan(verdict);
      if (neverBegan) unbegun.push({ principal, key, owner, epoch, atMs, ending });
      left.push({ index, claim: neverBegan ? claim : { ...claim, takes: owner } });
    }
    if (left.length === 0) return first;
    const verdicts: (JournalVerdict | undefined)[] = [...first];
    let again: readonly JournalVerdict[] = [];
    try {
      if (unbegun.length > 0) await this.#journal.settle(unbegun);
      again = await this.#journal.claim(left.map(({ claim }) => claim));
    } catch (error) {
      // The others have their verdicts.
      this.#environment.log.error("turnmux: the journal took no claims; the calls were refused", {
        journal: this.#journal.name,
        error,
      });
    }
    for (const [place, { index }] of left.entries()) verdicts[index] = again[place];
    return verdicts;
  }

  /** One record that cannot be read costs its own call, and no other of the batch. */
  #readable(read: () => OnceVerdict): OnceVerdict {
    try {
      return read();
    } catch (error) {
      this.#environment.log.error("turnmux: a record of the journal cannot be read", {
        journal: this.#journal.name,
        error,
      });
      return { kind: "refuse", settled: failed("data_loss", "the record of this key cannot be read", "unknown") };
    }
  }
}

function verdictOf(verdict: JournalVerdict, claim: JournalClaim | undefined): OnceVerdict {
  switch (verdict.kind) {
    case "claimed":
      return { kind: "run" };
    case "abandoned":
      return { kind: "abandoned", callId: verdict.callId };
    case "settled":
      return { kind: "replay", settled: replayed(verdict.ending) };
    case "conflict":
      return OTHER_ARGUMENTS;
    case "running":
      // Recorded as the claimant's own, where nothing ran under the key before the claim: it was taken over from a dead owner, and
      // what became of the call could not be found out.
      if (verdict.owner === claim?.owner) return { kind: "abandoned", callId: verdict.callId };
      return ELSEWHERE;
    case "full": {
      const { message, retryAfterMs } = verdict;
      const more = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { kind: "refuse", settled: failed("resource_exhausted", message, "not_started", more) };
    }
  }
}

const ELSEWHERE: OnceVerdict = { kind: "elsewhere" };

/** A key that comes again with another fingerprint (KEY-003). */
export const OTHER_ARGUMENTS: OnceVerdict & { readonly kind: "refuse" } = {
  kind: "refuse",
  settled: failed("already_exists", "the key belongs to a call with other arguments [KEY-003]", "not_started"),
};

const NO_VERDICT: OnceVerdict = {
  kind: "refuse",
  settled: failed("unavailable", "the journal cannot record the call now", "not_started"),
};

/** Claims that the journal owes an answer for beyond its time. When there are more it is asked for nothing. */
const LATE_CLAIMS = 1_000;

const NEVER_BEGAN: Settled = failed("unavailable", "the side that had the call ended before it began", "not_started");

const NEVER_RAN: Settled = failed("unavailable", "the journal answered too late", "not_started");
