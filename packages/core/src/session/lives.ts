/**
 * Owners in a journal that live several times within one process: an I/O thread, and its successors. They have one name, and what a
 * predecessor left behind is read from the epoch of its claims.
 *
 * @module
 */
import type { JournalClaim } from "../journal/journal.ts";
import type { RegisteredTool } from "./registry.ts";

/** One life of an owner. */
export interface OwnerLife {
  /** Each successor has a higher one. The first of an owner that has no successors is 0. */
  readonly number: number;
  /**
   * What was claimed in a life from this one on, for a tool whose handler is elsewhere, and what is not adopted, never began: of every
   * such call that begins, whoever runs it knows.
   */
  readonly knownSince: number;
}

const ONLY_LIFE: OwnerLife = { number: 0, knownSince: 0 };

/** See the module's comment. Two epochs are of each life: an even one for what cannot begin unseen, and an odd one for all else. */
export class Lives {
  readonly #owner: string;
  readonly #life: OwnerLife;

  constructor(owner: string, life: OwnerLife = ONLY_LIFE) {
    this.#owner = owner;
    this.#life = life;
  }

  /** Under what a call is claimed in this life. */
  claims(tool: RegisteredTool): Pick<JournalClaim, "owner" | "epoch" | "takeOverEpoch"> {
    const unsure = 2 * this.#life.number + 1;
    if (tool.elsewhere === undefined) return { owner: this.#owner, epoch: unsure };
    return { owner: this.#owner, epoch: unsure - 1, takeOverEpoch: unsure };
  }

  /** Whether a call never began that is recorded as running, and does not run here. */
  neverBegan({ owner, epoch }: Pick<JournalClaim, "owner" | "epoch">): boolean {
    const { number, knownSince } = this.#life;
    const life = Math.floor(epoch / 2);
    return owner === this.#owner && epoch % 2 === 0 && life >= knownSince && life < number;
  }

  /**
   * Whether a call is recorded as running that does not run here, and is not what a claim as this one has taken over: it has to be freed or
   * taken over first.
   */
  isLeft(running: Pick<JournalClaim, "owner" | "epoch">, claim: JournalClaim): boolean {
    if (running.owner !== this.#owner || claim.owner !== this.#owner) return false;
    return running.epoch !== (claim.takeOverEpoch ?? claim.epoch);
  }
}
