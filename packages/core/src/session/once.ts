/**
 * Calls of `once` tools: claimed in the journal before they run, joined while they run, replayed when they are over.
 * `docs/spec.md` section 7, "Keys".
 *
 * @module
 */
import { decodeBody, encodeBody, Content, type Body } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import { codeFromWire, codeToWire } from "../errors/codes.ts";
import type { Journal, JournalClaim, JournalSettlement, JournalVerdict, RecordedEnding } from "../journal/journal.ts";
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";
import { failed, type Settled } from "./settled.ts";

/** Every content: what is recorded is read by this code alone. */
const RECORDED_CONTENTS: readonly number[] = [Content.json, Content.msgpack, Content.text, Content.bytes];

/** The owner's name is drawn anew with each start, and so has one life only. */
const EPOCH = 1;

/** What came of asking for a key. */
export type OnceVerdict =
  /** The caller's execution may start. */
  | { readonly kind: "run" }
  /** The call with this key is over, with this ending. */
  | { readonly kind: "replay"; readonly settled: Settled }
  /** Nothing runs. */
  | { readonly kind: "refuse"; readonly settled: Settled };

interface PendingClaim {
  readonly claim: JournalClaim;
  readonly resolve: (verdict: OnceVerdict) => void;
}

/** One for each registry with a journal: keys belong to the principal, not to the session (KEY-001). */
export class OnceCalls {
  readonly #journal: Journal;
  readonly #environment: Environment;
  readonly #owner: string;
  readonly #running = new Map<string, Execution>();
  #claims: PendingClaim[] = [];
  #settlements: { readonly settlement: JournalSettlement; readonly done: () => void }[] = [];

  constructor(journal: Journal, environment: Environment) {
    this.#journal = journal;
    this.#environment = environment;
    this.#owner = environment.id();
  }

  /** Calls that run at present, or are about to. */
  get running(): number {
    return this.#running.size;
  }

  /** The execution that runs under this key, whatever its session. */
  find(principal: string, key: string): Execution | undefined {
    return this.#running.get(address(principal, key));
  }

  /**
   * Asks for a key on behalf of an execution, which is joined by others that ask for it until {@link settle} frees it.
   * Claims of one event-loop turn go to the journal together.
   */
  claim(principal: string, key: string, callId: string, execution: Execution): Promise<OnceVerdict> {
    this.#running.set(address(principal, key), execution);
    const claim: JournalClaim = {
      principal,
      key,
      tool: execution.tool.name,
      fingerprint: execution.fingerprint ?? "",
      callId,
      owner: this.#owner,
      epoch: EPOCH,
      atMs: this.#environment.wallClock(),
    };
    return new Promise((resolve) => {
      this.#claims.push({ claim, resolve });
      if (this.#claims.length === 1) this.#environment.defer(() => void this.#sendClaims());
    });
  }

  /** Records the ending of a claimed execution; resolves when that is done, and the key is no longer joined but replayed. */
  settle(principal: string, key: string, settled: Settled): Promise<void> {
    const base = { principal, key, owner: this.#owner, epoch: EPOCH, atMs: this.#environment.wallClock() };
    return new Promise((resolve) => {
      const done = (): void => {
        this.release(principal, key);
        resolve();
      };
      this.#settlements.push({ settlement: { ...base, ending: recorded(settled) }, done });
      if (this.#settlements.length === 1) this.#environment.defer(() => void this.#sendSettlements());
    });
  }

  /** Lets go of a key that was refused or replayed. */
  release(principal: string, key: string): void {
    this.#running.delete(address(principal, key));
  }

  async #sendClaims(): Promise<void> {
    const batch = this.#claims;
    this.#claims = [];
    let verdicts: readonly OnceVerdict[] = [];
    try {
      verdicts = (await this.#journal.claim(batch.map(({ claim }) => claim))).map((verdict) => this.#read(verdict));
    } catch (error) {
      this.#environment.log.error("turnmux: the journal took no claims; the calls were refused", {
        journal: this.#journal.name,
        error,
      });
    }
    for (const [index, { resolve }] of batch.entries()) resolve(verdicts[index] ?? NO_VERDICT);
  }

  /** One record that cannot be read costs its own call, and no other of the batch. */
  #read(verdict: JournalVerdict): OnceVerdict {
    try {
      return verdictOf(verdict);
    } catch (error) {
      this.#environment.log.error("turnmux: a record of the journal cannot be read", {
        journal: this.#journal.name,
        error,
      });
      return { kind: "refuse", settled: failed("data_loss", "the record of this key cannot be read", "unknown") };
    }
  }

  async #sendSettlements(): Promise<void> {
    const batch = this.#settlements;
    this.#settlements = [];
    try {
      await this.#journal.settle(batch.map(({ settlement }) => settlement));
    } catch (error) {
      this.#environment.log.error("turnmux: the journal did not record endings", {
        journal: this.#journal.name,
        error,
      });
    }
    for (const { done } of batch) done();
  }
}

function address(principal: string, key: string): string {
  return `${principal.length}:${principal}${key}`;
}

const NO_VERDICT: OnceVerdict = {
  kind: "refuse",
  settled: failed("unavailable", "the journal cannot record the call now", "not_started"),
};

function verdictOf(verdict: JournalVerdict): OnceVerdict {
  switch (verdict.kind) {
    case "claimed":
      return { kind: "run" };
    case "settled":
      return { kind: "replay", settled: replayed(verdict.ending) };
    case "conflict":
      return {
        kind: "refuse",
        settled: failed("already_exists", "the key belongs to a call with other arguments [KEY-003]", "not_started"),
      };
    case "running":
      // Another process runs it, or ran it when it died: what became of it is known there, if anywhere.
      return { kind: "refuse", settled: failed("aborted", "a call with this key runs elsewhere", "unknown") };
    case "abandoned":
      return { kind: "refuse", settled: failed("aborted", "the gateway ended while the call ran", "unknown") };
    case "full": {
      const { message, retryAfterMs } = verdict;
      const more = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { kind: "refuse", settled: failed("resource_exhausted", message, "not_started", more) };
    }
  }
}

function recorded(settled: Settled): RecordedEnding {
  if (settled.ok) return { code: 0, body: encoded(settled.value) };
  const { code, message, outcome, retryable, details } = settled;
  return { code: codeToWire(code), message, outcome, retryable, body: encodedDetails(details) };
}

/** Details that are no value are left out here as they are in END: the ending itself must be recorded. */
function encodedDetails(details: unknown): Body {
  try {
    return encoded(details);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return encoded(undefined);
  }
}

function encoded(value: unknown): Body {
  return encodeBody(value, RECORDED_CONTENTS);
}

function replayed(ending: RecordedEnding): Settled {
  const value = decodeBody(ending.body);
  if (ending.code === 0) return { ok: true, value };
  const { message, outcome, retryable } = ending;
  return {
    ok: false,
    code: codeFromWire(ending.code),
    message: message ?? "",
    outcome: outcome ?? "unknown",
    retryable,
    details: value,
  };
}
