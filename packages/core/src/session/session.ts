/**
 * A session as both sides use it: calls out, tools in, turns, and its state.
 *
 * @module
 */
import { buildClient } from "../contract/client.ts";
import { BUILTIN, checkedAnswer } from "../contract/answer.ts";
import { describeToolName, isDescribeResult, type ToolDescription } from "../contract/describe.ts";
import type { CallOptions, ItemCall } from "../contract/call-options.ts";
import type { ToolClient, ToolHandlers } from "../contract/infer.ts";
import { isToolName } from "../contract/names.ts";
import {
  callsToolName,
  isCallOutcome,
  isCallsResult,
  isOutcomeRequest,
  outcomeToolName,
  type CallInFlight,
  type CallOutcome,
  type OutcomeRequest,
} from "../contract/outcome.ts";
import type { ToolTree } from "../contract/tree.ts";
import { EMPTY_MAP } from "../empty.ts";
import type { Code } from "../errors/codes.ts";
import { UsageError } from "../errors/usage.ts";
import type { Limits } from "../limits.ts";
import type { CallPort, PortEvent } from "../peer/port.ts";
import { StringLimit } from "../wire/limits.ts";
import type { OfferEntry } from "../wire/frame.ts";
import { beginTurn, type BeginTurnOptions, type BegunTurn } from "./begun-turn.ts";
import { Caller, checkText, NO_OPTIONS, offeredEffect, type CallerContext } from "./caller.ts";
import { Deadlines } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import { SessionEventTarget, type SessionEnd, type SessionState } from "./events.ts";
import { takesNoCalls, type IncomingCalls, type IncomingContext } from "./incoming-calls.ts";
import type { Interceptor } from "./interceptor.ts";
import { OutgoingCalls, type CallMore, type OutgoingContext } from "./outgoing-calls.ts";
import type { SessionControl, SessionIdentity, SessionOptions } from "./session-control.ts";
import type { Upstream } from "../relay/upstream.ts";
import { Turn, type TurnOptions } from "./turn.ts";

/** The deadline of calls whose caller and tool give none. */
const DEFAULT_TIMEOUT_MS = 60_000;

const NO_SCOPES: ReadonlySet<string> = new Set();

const NO_INTERCEPTORS: readonly Interceptor[] = Object.freeze([]);

const NOBODY: SessionIdentity = Object.freeze({ id: "", principal: "", scopes: Object.freeze([]) });

/** What a control does to its session. Set by {@link Session}, whose inside it is. */
let inside: {
  attach(session: Session, port: CallPort, identity: SessionIdentity, lost: SessionEnd | undefined): void;
  pump(session: Session): void;
  suspend(session: Session, end: SessionEnd): void;
  resume(session: Session, identity: SessionIdentity): boolean;
  detach(session: Session, state: "connecting" | "reconnecting", end: SessionEnd | undefined): void;
  close(session: Session, end: SessionEnd): void;
  setScopes(session: Session, scopes: readonly string[]): void;
  ending(session: Session, revoked: boolean): void;
  mayWait(session: Session): boolean;
  closedReason(session: Session): { readonly code: Code; readonly message: string } | undefined;
  attached(session: Session): boolean;
  identity(session: Session): SessionIdentity;
  verify(session: Session, tool: string): string | undefined;
  scopeSet(session: Session): ReadonlySet<string>;
  scopeList(session: Session): readonly string[];
  toolsChanged(session: Session): void;
};

/**
 * What is inside of a session for its owner, and for its parts. A class, and not objects of functions: a gateway has one for each of
 * ten thousand sessions.
 */
class Control implements SessionControl, CallerContext, OutgoingContext, IncomingContext {
  readonly session: Session;
  readonly deadlines: Deadlines;
  readonly #options: SessionOptions;
  onState: SessionControl["onState"] = nothing;
  onClose: SessionControl["onClose"] = nothing;
  onRevoke: SessionControl["onRevoke"] = nothing;

  constructor(session: Session, options: SessionOptions) {
    this.session = session;
    this.#options = options;
    this.deadlines = new Deadlines(options.environment);
  }

  attach(port: CallPort, identity: SessionIdentity, lost?: SessionEnd): void {
    inside.attach(this.session, port, identity, lost);
  }

  pump(): void {
    inside.pump(this.session);
  }

  suspend(end: SessionEnd): void {
    inside.suspend(this.session, end);
  }

  resume(identity: SessionIdentity): boolean {
    return inside.resume(this.session, identity);
  }

  detach(state: "connecting" | "reconnecting", end?: SessionEnd): void {
    inside.detach(this.session, state, end);
  }

  close(end: SessionEnd): void {
    inside.close(this.session, end);
  }

  setScopes(scopes: readonly string[]): void {
    inside.setScopes(this.session, scopes);
  }

  revoke(message: string): void {
    inside.ending(this.session, true);
    this.onRevoke(message);
  }

  get environment(): Environment {
    return this.#options.environment;
  }

  get limits(): Limits {
    return this.#options.limits;
  }

  get interceptors(): readonly Interceptor[] {
    return this.#options.interceptors ?? NO_INTERCEPTORS;
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  get acceptTimeoutMs(): number | undefined {
    return this.#options.acceptTimeoutMs;
  }

  get mayWait(): boolean {
    return inside.mayWait(this.session);
  }

  get closedReason(): CallerContext["closedReason"] {
    return inside.closedReason(this.session);
  }

  get attached(): boolean {
    return inside.attached(this.session);
  }

  get identity(): SessionIdentity {
    return inside.identity(this.session);
  }

  offered(tool: string): OfferEntry | undefined {
    return this.session.offers.get(tool);
  }

  verify(tool: string): string | undefined {
    return inside.verify(this.session, tool);
  }

  get caller(): string {
    return this.#options.peer?.principal ?? this.identity.principal;
  }

  get allowsAll(): boolean {
    return this.#options.peer !== undefined;
  }

  get scopes(): ReadonlySet<string> {
    return inside.scopeSet(this.session);
  }

  get scopeList(): readonly string[] {
    return inside.scopeList(this.session);
  }

  toolsChanged(): void {
    inside.toolsChanged(this.session);
  }
}

/** See the module's comment. Users get it from `connect`, `attach`, `openSession` or a gateway. */
export class Session extends SessionEventTarget {
  readonly #options: SessionOptions;
  readonly #caller: Caller;
  readonly #calls: OutgoingCalls;
  readonly #incoming: IncomingCalls;
  readonly #control: SessionControl;
  #clients: WeakMap<ToolTree, unknown> | undefined;
  #upstream: Upstream | undefined;
  #closed: PromiseWithResolvers<SessionEnd> | undefined;
  #identity: SessionIdentity = NOBODY;
  #scopes: ReadonlySet<string> = NO_SCOPES;
  /** The same for handlers, which must not change it. */
  #scopeList: readonly string[] = NOBODY.scopes;
  #state: SessionState = "connecting";
  #end: SessionEnd | undefined;
  #port: CallPort | undefined;
  #offers: ReadonlyMap<string, OfferEntry> = EMPTY_MAP;
  /** True once the peer has offered something, or the session is over. */
  #wasOffered = false;
  /** Made for whoever waits for that. */
  #offered: PromiseWithResolvers<void> | undefined;
  #catalog: Promise<readonly ToolDescription[]> | undefined;
  /** By tool, as the catalog says: where to look after a call by name whose outcome is unknown. */
  #verify: ReadonlyMap<string, string> = EMPTY_MAP;

  /** For owners: `own` gets the control, once. */
  constructor(options: SessionOptions, own: (control: SessionControl) => void) {
    super();
    this.#options = options;
    const control = new Control(this, options);
    this.#caller = new Caller(control);
    this.#calls = new OutgoingCalls(control, this.#caller);
    this.#incoming = options.incoming?.(control) ?? takesNoCalls;
    this.#control = control;
    own(control);
  }

  /** Settles when the session is over, with the reason. Never rejects. */
  get closed(): Promise<SessionEnd> {
    // Made for whoever asks: most sessions are closed without anybody who waits for it.
    this.#closed ??= Promise.withResolvers();
    if (this.#end !== undefined) this.#closed.resolve(this.#end);
    return this.#closed.promise;
  }

  /** The session's identifier, as in the logs of both sides. Empty before the session stands. */
  get id(): string {
    return this.#identity.id;
  }

  /** Whom the gateway takes the client for. */
  get principal(): string {
    return this.#identity.principal;
  }

  /** What the gateway lets the client do. */
  get scopes(): readonly string[] {
    return this.#identity.scopes;
  }

  /** Where the session is. */
  get state(): SessionState {
    return this.#state;
  }

  /** What the peer offers at present, by name. */
  get offers(): ReadonlyMap<string, OfferEntry> {
    return this.#offers;
  }

  /** Calls of either side that are not over. */
  get activeCalls(): { readonly outgoing: number; readonly incoming: number } {
    return { outgoing: this.#caller.running, incoming: this.#incoming.running };
  }

  /** Typed methods for the peer's tools, outside of any turn. */
  client<T extends ToolTree>(tools: T): ToolClient<T> {
    this.#clients ??= new WeakMap();
    const made = this.#clients.get(tools);
    // The map holds for each tree what was built from that very tree.
    if (made !== undefined) return made as ToolClient<T>;
    const client = this.clientWith(tools, {});
    this.#clients.set(tools, client);
    return client;
  }

  /**
   * Calls a tool by name, without types. The result is what the peer sent.
   *
   * @throws {TurnmuxError} what the call failed with; every failure has an `outcome`
   * @throws {UsageError} where an option is not what it should be
   */
  call(name: string, input?: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    return this.callWith(name, input, options, {});
  }

  /** Calls a tool by name that sends items, without types. Iterate what it gives once; leaving the loop early cancels the call. */
  callItems(name: string, input?: unknown, options: CallOptions = NO_OPTIONS): ItemCall<unknown, unknown> {
    return this.callItemsWith(name, input, options, {});
  }

  /** The peer's tools with their JSON Schemas, for adapters. Asks the peer once for each offer. */
  async catalog(): Promise<readonly ToolDescription[]> {
    if (!this.#wasOffered) {
      this.#offered ??= Promise.withResolvers();
      await this.#offered.promise;
    }
    if (this.#catalog !== undefined) return this.#catalog;
    const asked = this.#describe();
    this.#catalog = asked;
    // What failed is asked for again the next time.
    asked.catch(() => {
      if (this.#catalog === asked) this.#catalog = undefined;
    });
    return asked;
  }

  /**
   * What became of a call to the peer's `once` tools, by its key or its identifier: also of a call of another session of this
   * principal, or of one before a crash (TOOL-005). It runs nothing.
   *
   * @throws {TurnmuxError} where the peer cannot be asked, or its journal cannot be read
   * @throws {UsageError} where not exactly one of `key` and `callId` is given
   */
  async outcome(of: OutcomeRequest): Promise<CallOutcome> {
    if (!isOutcomeRequest(of)) throw new UsageError("outcome() takes { key } or { callId }");
    return checkedAnswer(
      isCallOutcome,
      await this.#calls.call(outcomeToolName, of, NO_OPTIONS, {}, BUILTIN),
      "TOOL-005",
    );
  }

  /** The calls to the peer that it has not ended, of all sessions of this principal (TOOL-006). */
  async calls(): Promise<readonly CallInFlight[]> {
    const answer = await this.#calls.call(callsToolName, {}, NO_OPTIONS, {}, BUILTIN);
    return checkedAnswer(isCallsResult, answer, "TOOL-006").calls;
  }

  /** A turn: calls made through it carry its id, and end with it. It takes no lane: see {@link beginTurn}. */
  turn(id: string, options: TurnOptions = {}): Turn {
    checkText("the turn's id", id, StringLimit.turn);
    return new Turn(this, id, options);
  }

  /**
   * Takes the session's lane for a turn that runs here: one turn of a session runs at a time, and this one waits for those before
   * it. For clients; a gateway runs turns by `gateway.runTurn`.
   *
   * @throws {TurnmuxError} `failed_precondition` where the wait could never end, since it is a cycle; `resource_exhausted` where too
   *   many wait already; and what any call may fail with
   */
  beginTurn(id: string, options: BeginTurnOptions = {}): Promise<BegunTurn> {
    checkText("the turn's id", id, StringLimit.turn);
    return beginTurn(this, (tool, input, more) => this.#calls.call(tool, input, more, {}, BUILTIN), id, options);
  }

  /**
   * Offers tools to the peer, and gives back what takes them away again.
   *
   * In a browser the session needs the part that runs tools: `connect(url, { parts: [implementing] })`, of
   * `@turnmux/client/implement`.
   *
   * @throws {UsageError} where a handler is missing or too many, a name is taken, a `once` tool has no journal to be recorded in
   *   (KEY-006), or the part is missing
   */
  implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): () => void {
    return this.#incoming.implement(tools, handlers);
  }

  /** Ends the session. Calls under way end as `cancelled`, with their outcome. Resolves when all is over. */
  async close(message = "the session was closed"): Promise<void> {
    if (this.#state !== "closed") {
      this.#incoming.ending(false);
      this.#control.onClose(message);
    }
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For turns: typed methods whose calls belong to a turn. */
  clientWith<T extends ToolTree>(tools: T, more: CallMore): ToolClient<T> {
    return buildClient(tools, (contract, name, input, options = NO_OPTIONS) =>
      contract.item === undefined
        ? this.#calls.call(name, input, options, more, contract)
        : this.#calls.items(name, input, options, more, contract),
    );
  }

  /** For turns: {@link call} with what the turn adds. */
  callWith(name: string, input: unknown, options: CallOptions, more: CallMore): Promise<unknown> {
    return this.#calls.call(name, input, options, more, undefined);
  }

  /** For turns: {@link callItems} with what the turn adds. */
  callItemsWith(name: string, input: unknown, options: CallOptions, more: CallMore): ItemCall<unknown, unknown> {
    const offer = this.#offers.get(name);
    const effect = offeredEffect(offer?.effect) ?? "read";
    const timeoutMs = offer?.deadlineMs;
    return this.#calls.items(name, input, options, more, timeoutMs === undefined ? { effect } : { effect, timeoutMs });
  }

  /** For relays, which make the calls of others through this session: see `Relay`. The same object each time. */
  get upstream(): Upstream {
    this.#upstream ??= this.#makeUpstream();
    return this.#upstream;
  }

  #makeUpstream(): Upstream {
    const { environment, interceptors = NO_INTERCEPTORS } = this.#options;
    const port = (): CallPort | undefined => this.#port;
    const calls = this.#calls;
    return {
      environment,
      caller: this.#caller,
      calls,
      get streams() {
        return port()?.streams;
      },
      get lagMs() {
        return port()?.pulse?.lateness?.lagMs;
      },
      get observed() {
        return interceptors.length > 0 || calls.traces;
      },
    };
  }

  async #describe(): Promise<readonly ToolDescription[]> {
    const answer = await this.#calls.call(describeToolName, {}, NO_OPTIONS, {}, BUILTIN);
    const { tools } = checkedAnswer(isDescribeResult, answer, "TOOL-004");
    // It goes into sentences for models: only what is a tool's name does.
    const verifiable = ({ verify }: ToolDescription) => typeof verify === "string" && isToolName(verify);
    this.#verify = new Map(tools.filter(verifiable).map(({ name, verify }) => [name, String(verify)]));
    return tools;
  }

  static {
    inside = {
      attach: (session, port, identity, lost) => session.#attach(port, identity, lost),
      pump: (session) => session.#pump(),
      suspend: (session, end) => session.#suspend(end),
      resume: (session, identity) => session.#resume(identity),
      detach: (session, state, end) => session.#detach(state, end),
      close: (session, end) => session.#close(end),
      setScopes: (session, scopes) => session.#setScopes(scopes),
      ending: (session, revoked) => session.#incoming.ending(revoked),
      mayWait: (session) => session.#mayWait(),
      closedReason: (session) => session.#closedReason(),
      attached: (session) => session.#port !== undefined,
      identity: (session) => session.#identity,
      verify: (session, tool) => session.#verify.get(tool),
      scopeSet: (session) => session.#scopes,
      scopeList: (session) => session.#scopeList,
      toolsChanged: (session) => session.#offer(),
    };
  }

  protected override threw(type: string, error: unknown): void {
    this.#options.environment.log.error(`turnmux: a listener of "${type}" threw`, { error });
  }

  #attach(port: CallPort, identity: SessionIdentity, lost: SessionEnd | undefined): void {
    if (this.#state === "closed") {
      port.close("cancelled", "the session was closed meanwhile");
      return;
    }
    this.#port = port;
    this.#identity = identity;
    this.#takeScopes(identity.scopes);
    // Also where there are none (HAND-011).
    this.#offer();
    // Those that wait go first: a listener may make further calls, or close the session.
    this.#caller.attach(port);
    this.#setState("ready", lost);
  }

  #suspend(end: SessionEnd): void {
    if (this.#state === "closed") return;
    this.#pump();
    this.#incoming.suspended();
    this.#setState("reconnecting", end);
  }

  #resume(identity: SessionIdentity): boolean {
    if (this.#state === "closed") return false;
    const { scopes } = identity;
    const isSame = scopes.length === this.#scopes.size && scopes.every((scope) => this.#scopes.has(scope));
    this.#identity = identity;
    if (!isSame) this.#setScopes(scopes);
    this.#incoming.resumed();
    this.#setState("ready", undefined, true);
    this.#pump();
    return true;
  }

  #detach(state: "connecting" | "reconnecting", end: SessionEnd | undefined): void {
    if (this.#state === "closed") return;
    this.#leavePort(end ?? { cause: "lost", code: "unavailable", message: "the connection is gone", byPeer: false });
    this.#setState(state, end);
  }

  #close(end: SessionEnd): void {
    if (this.#state === "closed") return;
    this.#end = end;
    // Calls that end now must not wait for another connection.
    this.#state = "closed";
    this.#leavePort(end);
    this.#incoming.leave();
    this.#hearOffer();
    this.#control.deadlines.idle();
    this.#control.onState("closed", end);
    this.emit("state", { state: "closed", end });
    this.#closed?.resolve(end);
  }

  #leavePort(end: SessionEnd): void {
    this.#pump();
    this.#port = undefined;
    this.#incoming.abandon();
    this.#caller.detach(end);
  }

  #setScopes(scopes: readonly string[]): void {
    this.#identity = { ...this.#identity, scopes };
    this.#takeScopes(scopes);
    this.#offer();
  }

  #takeScopes(scopes: readonly string[]): void {
    this.#scopes = scopes.length === 0 ? NO_SCOPES : new Set(scopes);
    this.#scopeList = scopes.length === 0 ? NOBODY.scopes : Object.freeze([...scopes]);
  }

  #setState(state: SessionState, end?: SessionEnd, resumed?: boolean): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#control.onState(state, end);
    this.emit("state", { state, end, resumed });
  }

  #offer(): void {
    this.#port?.offer(this.#incoming.offered());
  }

  #pump(): void {
    const port = this.#port;
    if (port === undefined) return;
    for (let event = port.nextEvent(); event !== undefined; event = port.nextEvent()) this.#event(port, event);
  }

  #event(port: CallPort, event: PortEvent): void {
    switch (event.type) {
      case "open":
        this.#incoming.open(port, event);
        return;
      case "reset":
        this.#incoming.reset(event.call, event.code);
        return;
      case "void":
        this.#incoming.makeVoid(event.call);
        return;
      case "room":
        this.#incoming.room(event.call);
        return;
      case "offer":
        this.#offers = event.tools;
        this.#catalog = undefined;
        this.#hearOffer();
        this.emit("offer", { tools: event.tools });
        return;
      case "drain":
        this.emit("drain", { message: event.message, retryAfterMs: event.retryAfterMs });
        return;
      case "ended":
        return;
      default:
        this.#caller.event(port, event);
    }
  }

  #hearOffer(): void {
    this.#wasOffered = true;
    this.#offered?.resolve();
    this.#offered = undefined;
  }

  #mayWait(): boolean {
    if (this.#state === "connecting") return true;
    const { reconnects, peer } = this.#options;
    return this.#state !== "closed" && (reconnects ?? peer !== undefined);
  }

  #closedReason(): { readonly code: Code; readonly message: string } | undefined {
    if (this.#state !== "closed") return undefined;
    const end = this.#end;
    const message = end === undefined ? "the session is over" : `the session is over: ${end.message}`;
    return { code: end?.cause === "closed" && !end.byPeer ? "cancelled" : "unavailable", message };
  }
}

/** What an owner does about something that it does not want to hear of. */
function nothing(): void {}
