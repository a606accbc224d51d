/**
 * How many calls of others go through a session at once, and whose is next.
 *
 * @module
 */

/** Somebody whose calls pass a {@link Gate}: one child process. */
export interface GateUser {
  /** Calls that have passed and are not over. */
  passed: number;
  /** Begins the calls that wait here, in order. */
  readonly waiting: Set<() => void>;
}

/** Makes a user without calls. */
export function gateUser(): GateUser {
  return { passed: 0, waiting: new Set() };
}

/**
 * Lets calls pass up to a limit, which is well below what the session's peer takes: the session's own calls never wait for those of
 * others.
 *
 * Nobody may have more calls under way than could still begin. So one user alone gets half of the limit, two a third each, and whoever
 * comes late finds room, however many the others want. Where a place gets free, those that wait take turns.
 */
export class Gate {
  readonly #most: () => number;
  #passed = 0;
  /** Those who wait, in the order of their turns. */
  readonly #users = new Set<GateUser>();

  /** `most` is asked for the limit whenever it matters. */
  constructor(most: () => number) {
    this.#most = most;
  }

  /** Begins a call now, or when it is its turn. What it gives back takes one out that still waits: true where it did. */
  enter(user: GateUser, begin: () => void): () => boolean {
    if (user.waiting.size === 0 && this.#mayPass(user)) {
      this.#pass(user);
      begin();
      return already;
    }
    user.waiting.add(begin);
    this.#users.add(user);
    return () => {
      const left = user.waiting.delete(begin);
      if (user.waiting.size === 0) this.#users.delete(user);
      return left;
    };
  }

  /** A call of this user that had passed is over. */
  leave(user: GateUser): void {
    user.passed -= 1;
    this.#passed -= 1;
    this.open();
  }

  /** Lets those pass that may: after a call is over, and when the limit has grown. */
  open(): void {
    let stuck = 0;
    while (this.#users.size > stuck) {
      const [user] = this.#users;
      if (user === undefined) return;
      this.#users.delete(user);
      const [begin] = user.waiting;
      if (begin === undefined) continue;
      // Behind the others, whether it passes or not.
      if (!this.#mayPass(user)) {
        this.#users.add(user);
        stuck += 1;
        continue;
      }
      stuck = 0;
      user.waiting.delete(begin);
      if (user.waiting.size > 0) this.#users.add(user);
      this.#pass(user);
      begin();
    }
  }

  #pass(user: GateUser): void {
    user.passed += 1;
    this.#passed += 1;
  }

  #mayPass(user: GateUser): boolean {
    return user.passed < Math.max(1, this.#most()) - this.#passed;
  }
}

/** What has begun does not wait. */
const already = (): boolean => false;
