/**
 * The suite as a client that does not give up: it dials again, resumes its session, and where the gateway does not resume it, opens
 * its unfinished calls again with their keys (RESUME-008). What its callers are told goes into a history.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { openCall, type CallOptions, type OutgoingCall } from "../harness/calls.ts";
import type { Channel } from "../harness/channel.ts";
import type { Session } from "../harness/session.ts";
import type { Context } from "../suite/context.ts";
import { Failure, HarnessError, Unsupported } from "../suite/verdict.ts";
import type { Told } from "./workload.ts";
import * as build from "../wire/build.ts";
import { Code, OfferMode } from "../wire/constants.ts";

/** How long it tries to have a channel again, in milliseconds, before the time scale. */
const RECONNECT_MS = 25_000;
const PAUSE_MS = 15;
/** How long one caller waits in all. */
const CALL_MS = 30_000;

/** A call that is not over. */
interface Unfinished {
  readonly options: CallOptions & { readonly callId: string };
  readonly onitem: ((value: unknown) => void) | undefined;
  readonly settle: (told: Told) => void;
  /** Its caller has had items: it must not be opened again. */
  hadItems: boolean;
  /** As it was opened last. */
  call: OutgoingCall | undefined;
}

/** See the module's comment. */
export class LastingClient {
  readonly #t: Context;
  readonly #url: () => string;
  #session: Session;
  /** By the session in which they were opened last. */
  readonly #unfinished = new Set<Unfinished>();
  #closed = false;
  /** Why it has given up. */
  #broken: ((error: unknown) => void) | undefined;
  /** Rejects when there is no way to have a channel again. */
  readonly broken: Promise<never>;

  private constructor(t: Context, url: () => string, session: Session) {
    this.#t = t;
    this.#url = url;
    this.#session = session;
    this.broken = new Promise<never>((_, reject) => {
      this.#broken = reject;
    });
    this.broken.catch(() => {});
    this.#watch(session.channel);
  }

  /** Dials, as often as it takes. `url`: where, each time. */
  static async open(t: Context, url: () => string): Promise<LastingClient> {
    const session = await patiently(t, () => t.session({ url: url() }));
    session.lasts = true;
    const client = new LastingClient(t, url, session);
    t.afterwards(async () => client.close());
    return client;
  }

  /** Makes a call; how it ended, whatever happens to connections meanwhile. */
  async call(options: CallOptions, onitem?: (value: unknown) => void): Promise<Told> {
    const callId = options.callId ?? randomBytes(16).toString("hex");
    const ending = new Promise<Told>((resolve) => {
      const unfinished = { options: { ...options, callId }, onitem, settle: resolve, hadItems: false, call: undefined };
      this.#unfinished.add(unfinished);
      void this.#make(unfinished, this.#session);
    });
    return Promise.race([ending, this.broken, overdue(this.#t.ms(CALL_MS), options.tool)]);
  }

  /** Leaves its session, and dials no more. */
  close(): void {
    this.#closed = true;
    this.#session.leave();
  }

  async #make(unfinished: Unfinished, session: Session): Promise<void> {
    const call = await openCall(session, unfinished.options);
    unfinished.call = call;
    void this.#items(unfinished, call);
    // Where the session is gone meanwhile the call was opened again in the next one.
    const ending = await call.ended({ within: CALL_MS }).catch(() => undefined);
    call.inbound.stop(new Failure("The call is over."));
    if (ending === undefined || session !== this.#session || !this.#unfinished.delete(unfinished)) return;
    unfinished.settle(ending);
  }

  async #items(unfinished: Unfinished, call: OutgoingCall): Promise<void> {
    if (unfinished.onitem === undefined) return;
    for (;;) {
      const item = await call.item({ within: CALL_MS }).catch(() => undefined);
      if (item === undefined || call.session !== this.#session) return;
      unfinished.hadItems = true;
      try {
        unfinished.onitem(item);
      } catch (error) {
        this.#broken?.(error);
        return;
      }
    }
  }

  /** Goes on where the channel is gone, or where either side leaves it for another one (RESUME-005). */
  #watch(channel: Channel): void {
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      if (!this.#closed) this.#reconnect(channel).catch((error: unknown) => this.#broken?.(error));
    };
    void channel.socket.closed.then(over);
    channel
      .take("goaway", ({ code }) => code !== Code.ok, { within: 600_000 })
      .then(
        ({ code, message, requirement }) => {
          if (code === Code.data_loss) over();
          else {
            const why = `The gateway ended the session: ${message}`;
            isOver = true;
            this.#broken?.(new Failure(why, requirement));
          }
        },
        () => {},
      );
  }

  async #reconnect(former: Channel): Promise<void> {
    const before = this.#session;
    // What still arrives there is not counted (RESUME-003).
    former.onframe = undefined;
    former.socket.cut();
    const session = await patiently(this.#t, () => this.#resumed(before));
    if (this.#closed) return;
    this.#watch(session.channel);
  }

  async #resumed(before: Session): Promise<Session> {
    const { channel, welcome, established } = await this.#t.resume(before, { url: this.#url() });
    if (welcome.resumedFrom !== undefined) {
      this.#t.note(`resumed from ${welcome.resumedFrom} of ${before.sent.length}`);
      // The first word makes the token before it void (RESUME-002); then what did not arrive, before anything new (DELIV-006).
      before.acknowledge();
      const again = before.sent.slice(welcome.resumedFrom);
      if (again.length > 0) channel.send(...again);
      this.#grantAgain(before);
      return before;
    }
    const session = this.#t.adopt(channel, established);
    session.lasts = true;
    this.#session = session;
    session.send(build.offer(OfferMode.replace, []));
    this.#t.note(`a new session: ${welcome.notResumed ?? "no reason"}`);
    for (const unfinished of this.#unfinished) this.#openAgain(unfinished, session);
    return session;
  }

  /** FLOW-007 */
  #grantAgain(session: Session): void {
    for (const [stream, limit] of session.grantedToPeer) {
      if (stream === 0 || !session.inbound(stream).over) session.channel.send(build.credit(stream, limit));
    }
  }

  #openAgain(unfinished: Unfinished, session: Session): void {
    unfinished.call?.inbound.stop(new Failure("The session is gone."));
    if (!unfinished.hadItems) {
      void this.#make(unfinished, session);
      return;
    }
    this.#unfinished.delete(unfinished);
    unfinished.settle(CUT_OFF);
  }
}

/** What a caller is told that has had items of a call whose session is gone. */
const CUT_OFF: Told = { ok: false, code: "unavailable", outcome: "failed", value: undefined };

/** Tries until it works: a handshake may be cut, and the gateway may be down. */
async function patiently<T>(t: Context, attempt: () => Promise<T>): Promise<T> {
  const until = performance.now() + t.ms(RECONNECT_MS);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Unsupported || performance.now() > until) throw error;
      if (!(error instanceof Failure) && !(error instanceof HarnessError)) throw error;
      t.note(`dialling again: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function overdue(within: number, tool: string): Promise<never> {
  return new Promise((_, reject) => {
    const late = (): void => reject(new Failure(`A call of ${tool} was not over within ${within} ms.`));
    setTimeout(late, within).unref();
  });
}
