/**
 * Which calls of a principal are in flight, whatever the session.
 *
 * @module
 */
import type { CallInFlight } from "../contract/outcome.ts";

/** A call that is not over. */
export interface BookedCall {
  readonly principal: string;
  readonly callId: string;
  readonly tool: { readonly name: string };
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly state: CallInFlight["state"];
  /** When it came, on the clock of the side that runs it. */
  readonly since: number;
  /** When its deadline is over, likewise. */
  readonly deadline: { readonly at: number } | undefined;
  /** The page's: its neighbours there. */
  bookedBefore: BookedCall | undefined;
  bookedBehind: BookedCall | undefined;
}

/** The calls of one principal: a chain, so that a call allocates and looks up nothing to be in it. */
export class BookPage {
  readonly principal: string;
  /** Sessions that put calls on this page. */
  users = 0;
  #first: BookedCall | undefined;
  #last: BookedCall | undefined;

  constructor(principal: string) {
    this.principal = principal;
  }

  add(call: BookedCall): void {
    call.bookedBefore = this.#last;
    if (this.#last === undefined) this.#first = call;
    else this.#last.bookedBehind = call;
    this.#last = call;
  }

  /** Without effect for a call that is not on it. */
  delete(call: BookedCall): void {
    const { bookedBefore, bookedBehind } = call;
    if (bookedBefore === undefined && this.#first !== call) return;
    if (bookedBefore === undefined) this.#first = bookedBehind;
    else bookedBefore.bookedBehind = bookedBehind;
    if (bookedBehind === undefined) this.#last = bookedBefore;
    else bookedBehind.bookedBefore = bookedBefore;
    call.bookedBefore = undefined;
    call.bookedBehind = undefined;
  }

  /** The calls, the oldest first. */
  calls(): BookedCall[] {
    const calls: BookedCall[] = [];
    for (let call = this.#first; call !== undefined; call = call.bookedBehind) calls.push(call);
    return calls;
  }
}

/** One for each gateway, or client session. */
export class CallBook {
  readonly #pages = new Map<string, BookPage>();

  /** The page of a principal, for a session that gives it back with {@link close}. */
  open(principal: string): BookPage {
    const page = this.#pages.get(principal) ?? new BookPage(principal);
    this.#pages.set(principal, page);
    page.users += 1;
    return page;
  }

  /** A session has no more calls to put on this page. */
  close(page: BookPage): void {
    page.users -= 1;
    if (page.users === 0) this.#pages.delete(page.principal);
  }

  /** The calls of a principal, the oldest first. */
  of(principal: string): Iterable<BookedCall> {
    return this.#pages.get(principal)?.calls() ?? [];
  }
}
