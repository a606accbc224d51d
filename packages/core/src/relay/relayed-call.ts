/**
 * A call of somebody else's that goes through a session: its bodies pass as octets.
 *
 * @module
 */
import type { Acceptance } from "../contract/call-options.ts";
import type { Outcome } from "../errors/outcome.ts";
import type { TurnmuxError } from "../errors/turnmux-error.ts";
import { NO_BODY, type CallNumber, type CallPort, type Ending, type PortBody } from "../peer/port.ts";
import type { Caller } from "../session/caller.ts";
import type { ItemSink, ItemSource } from "../session/items.ts";
import { OutgoingCall, type CallRequest } from "../session/outgoing.ts";
import { kept, pass } from "./pass.ts";
import type { RelayedRun } from "./run.ts";

/** Told what becomes of a relayed call. */
export interface RelayedCallOwner {
  /** It is over, and its caller was told. */
  over(call: RelayedCall): void;
}

/** What a {@link RelayedCall} is made from. */
export interface RelayedCallOptions {
  readonly caller: Caller;
  readonly body: PortBody;
  readonly child: CallPort;
  readonly childNumber: CallNumber;
  /** See {@link RelayedCall.outcome}. */
  readonly repeats: boolean;
  readonly owner: RelayedCallOwner;
}

interface Item {
  readonly body: PortBody;
  readonly octets: number;
  readonly source: ItemSource;
}

const NOTHING: Item[] = [];

/** See the module's comment. `port` and `number` of {@link OutgoingCall} are those of the session; `child` and `childNumber` the caller's. */
export class RelayedCall extends OutgoingCall implements ItemSink, RelayedRun {
  override readonly items: ItemSink = this;
  readonly childNumber: CallNumber;
  readonly #caller: Caller;
  /** Its arguments, as they came. */
  #arguments: PortBody;
  /** True where its key is that of an earlier call whose outcome is unknown. */
  readonly #repeats: boolean;
  readonly #child: CallPort;
  readonly #owner: RelayedCallOwner;
  /** The item that was sent last, where its caller has no room for another one: what it counts for is given back when there is. */
  #last: Item | undefined;
  /** Items behind it. They are few: the peer sends no more than it has credit for. */
  #unsent: Item[] = NOTHING;
  #unsentOctets = 0;
  /** How it ended, until the items before that are sent. */
  #ending: Ending | undefined;
  #error: TurnmuxError | undefined;
  /** The details of an error, as the peer sent them. */
  #details: PortBody | undefined;
  #gone = false;

  constructor(request: CallRequest, made: RelayedCallOptions) {
    super(request, undefined);
    this.#caller = made.caller;
    this.#arguments = made.body;
    this.#child = made.child;
    this.childNumber = made.childNumber;
    this.#repeats = made.repeats;
    this.#owner = made.owner;
  }

  get arguments(): PortBody {
    return this.#arguments;
  }

  start(): void {
    this.#caller.start(this);
  }

  /** It may be long until its place comes: it keeps nothing but its own octets until then. */
  wait(): void {
    this.#arguments = kept(this.#arguments);
  }

  cancel(message: string): void {
    this.#caller.cancel(this, message);
  }

  /** Its caller is gone: nothing is told to it any more. */
  abandon(): void {
    this.#gone = true;
    const unsent = this.#unsent;
    this.#unsent = NOTHING;
    this.#unsentOctets = 0;
    this.#giveBackLast();
    for (const { octets, source } of unsent) source.itemTaken(octets);
    this.cancel("the process that made the call is gone");
    if (this.#ending !== undefined) this.#finish(this.#ending);
  }

  /** Its caller has room for further items. */
  room(): void {
    this.#giveBackLast();
    while (this.#last === undefined) {
      const item = this.#unsent.shift();
      if (item === undefined) break;
      this.#unsentOctets -= item.octets;
      this.#send(item);
    }
    if (this.#unsent.length === 0 && this.#ending !== undefined) this.#finish(this.#ending);
  }

  /** What became of it, where it has failed. The first one with its key may have taken effect, whatever became of this one (KEY-010). */
  get outcome(): Outcome {
    const outcome = this.#error?.outcome ?? "completed";
    return this.#repeats && outcome === "not_started" ? "unknown" : outcome;
  }

  override bodyFor(port: CallPort): PortBody {
    return pass(this.#arguments, this.#child, port);
  }

  /** What its caller is sent. */
  override read(port: CallPort, body: PortBody): PortBody {
    return pass(body, port, this.#child);
  }

  /** Its arguments are what they were. */
  override reopened(): void {}

  override accept(acceptance: Acceptance): undefined {
    super.accept(acceptance);
    if (!this.#gone) this.#child.accept(this.childNumber, acceptance);
  }

  override progress(report: unknown): undefined {
    if (!this.#gone) this.#child.progress(this.childNumber, bodyOf(report));
  }

  override ended(ending: Extract<Ending, { readonly ok: false }>, details: unknown): void {
    this.#details = bodyOf(details);
    super.ended(ending, undefined);
  }

  get octets(): number {
    return this.#unsentOctets;
  }

  /** Those that are sent on at once keep nothing. */
  get awaited(): boolean {
    return true;
  }

  push(item: unknown, octets: number, source: ItemSource): void {
    if (this.#gone) {
      source.itemTaken(octets);
      return;
    }
    // The message that it came in is let go of: its caller may be slow.
    const one: Item = { body: kept(bodyOf(item)), octets, source };
    if (this.#last === undefined) {
      this.#send(one);
      return;
    }
    if (this.#unsent === NOTHING) this.#unsent = [];
    this.#unsent.push(one);
    this.#unsentOctets += octets;
  }

  /** What ends the items is the call's end. */
  finish(): void {}

  /** Likewise. */
  fail(): void {}

  protected override succeeded(value: unknown): void {
    this.#end({ ok: true, body: bodyOf(value) });
  }

  protected override failed(error: TurnmuxError): void {
    this.#error = error;
    const { code, sentence, retryable, retryAfterMs, requirement, details } = error;
    const body = this.#details ?? (details === undefined || this.#gone ? NO_BODY : this.#child.encode(details));
    const { outcome } = this;
    this.#end({ ok: false, code, message: sentence, outcome, retryable, retryAfterMs, requirement, body });
  }

  #send(item: Item): void {
    if (this.#child.item(this.childNumber, item.body)) item.source.itemTaken(item.octets);
    else this.#last = item;
  }

  #giveBackLast(): void {
    const last = this.#last;
    this.#last = undefined;
    last?.source.itemTaken(last.octets);
  }

  /** Behind the items that came before. */
  #end(ending: Ending): void {
    this.#ending = ending;
    if (this.#unsent.length === 0) this.#finish(ending);
  }

  #finish(ending: Ending): void {
    if (!this.#gone) this.#child.end(this.childNumber, ending);
    this.#owner.over(this);
  }
}

/** {@link RelayedCall.read} has made it, of everything that comes of the peer. */
function bodyOf(read: unknown): PortBody {
  return read === undefined ? NO_BODY : (read as PortBody);
}
