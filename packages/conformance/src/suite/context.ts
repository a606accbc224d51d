/**
 * What a case has at hand: sessions with the peer under test, from whichever side the suite plays, and ways to judge it.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { Channel, type Patience } from "../harness/channel.ts";
import { openCall, type CallOptions, type OutgoingCall } from "../harness/calls.ts";
import type { Json, PeerProcess } from "../harness/driver.ts";
import {
  clientHandshake,
  gatewayHandshake,
  type ClientHandshake,
  type ClientHandshakeOptions,
  type GatewayHandshakeOptions,
} from "../harness/handshake.ts";
import type { Inbox } from "../harness/inbox.ts";
import { KEYS, type SuiteKey } from "../harness/keys.ts";
import { limitsOf } from "../harness/limits.ts";
import { Session } from "../harness/session.ts";
import { Socket } from "../harness/socket.ts";
import type { ClientTarget, GatewayProcess, GatewayTarget, GatewayUrls } from "../harness/targets.ts";
import { Trace } from "../harness/trace.ts";
import * as build from "../wire/build.ts";
import { Effect, OfferMode } from "../wire/constants.ts";
import type { Carriage } from "../wire/message.ts";
import type { Case } from "./case.ts";
import { broken, ended, type Breach } from "./judgement.ts";
import { drivenCall, type DrivenCall, type PeerCallOptions } from "./driven.ts";
import { lackingLimit } from "./limits-taken.ts";
import { clientCalls, gatewayCalls, type PeerCall } from "./peer-call.ts";
import type { Random } from "./random.ts";
import { Failure, HarnessError, Unsupported, type PeerRole, type Way } from "./verdict.ts";

/** What a context is made of. */
export interface ContextParts {
  readonly entry: Case;
  readonly role: PeerRole;
  readonly way: Way;
  readonly timeScale: number;
  readonly random: Random;
  readonly gateway: GatewayTarget | undefined;
  readonly client: ClientTarget | undefined;
}

/** Where the suite dials or is dialled, beyond the defaults. */
export interface SocketOptions {
  /** In front of its lines in the trace. */
  readonly label?: string;
  /** Gateways: a URL other than that of the case's way and limits, such as a process of the case's own. */
  readonly url?: string;
  /** Clients: fields over those of the line `connect`. */
  readonly connect?: Readonly<Record<string, Json>>;
  /** Clients: a process other than the one that all cases have in common. */
  readonly process?: PeerProcess;
}

/** How a session is made. */
export interface SessionOptions extends SocketOptions {
  /** Towards a gateway: what HELLO and PROOF say. */
  readonly hello?: ClientHandshakeOptions;
  /** Towards a client: what CHALLENGE and WELCOME say. */
  readonly welcome?: GatewayHandshakeOptions;
  /** The tools that the suite offers. Default: `suite.read`, `suite.once`, `suite.stream`. */
  readonly offer?: readonly SuiteTool[];
}

/** A tool that the suite offers. */
export interface SuiteTool {
  readonly name: string;
  readonly effect: number;
  readonly deadlineMs?: number;
  readonly description?: string;
  readonly streams?: boolean;
  readonly revision?: string;
}

/** What the suite offers unless a case says otherwise. */
export const SUITE_TOOLS: readonly SuiteTool[] = [
  { name: "suite.read", effect: Effect.read },
  { name: "suite.idempotent", effect: Effect.idempotent },
  { name: "suite.once", effect: Effect.once },
  { name: "suite.stream", effect: Effect.read, streams: true },
];

/** The client's end of a socket: which process, under which name it is driven, and what it dials. */
interface ClientEnd {
  readonly process: PeerProcess;
  readonly name: string;
  readonly path: string;
  readonly sockets: Inbox<Socket>;
}

/** How much later than its sockets' the end of a process may be noticed, in milliseconds. */
const NOTICED_MS = 500;

/** One case's hold on the peer under test. All that it opens is closed when the case is over. */
export class Context {
  readonly role: PeerRole;
  readonly way: Way;
  readonly timeScale: number;
  readonly random: Random;
  readonly trace: Trace = new Trace();
  readonly #parts: ContextParts;
  readonly #channels: Channel[] = [];
  readonly #sessions: Session[] = [];
  readonly #clientEnds = new Map<Channel, ClientEnd>();
  readonly #allEnds: ClientEnd[] = [];
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  /** Gateways of the case's own. */
  readonly #gateways: GatewayProcess[] = [];
  /** Processes that it has in common with others, and clients of its own. */
  readonly #processes = new Set<PeerProcess>();
  #disposed = false;
  /** The case has shown that others do not suffer, or has a process that nobody else has. */
  #healthShown = false;
  /** True once the case has asked for a process of its own. */
  ownsProcesses = false;

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.role = parts.role;
    this.way = parts.way;
    this.timeScale = parts.timeScale;
    this.random = parts.random;
  }

  /** How frames travel. */
  get carriage(): Carriage {
    return this.way === "shared" ? "binary" : this.way;
  }

  /** True where the socket is turnmux's own, so that the gateway asks for a proof and closes it after a fault. */
  get ownEndpoint(): boolean {
    return this.way === "binary" || this.way === "text";
  }

  /** Limits that the peer under test was started with, of those that the case's set names. */
  get limits(): Readonly<Record<string, number>> {
    return limitsOf(this.#parts.entry.limits ?? "default", this.timeScale);
  }

  /** The key that is proved where a case names none: that of the command line, or `conformance`. */
  get key(): SuiteKey {
    return this.#parts.gateway?.key ?? KEYS.conformance;
  }

  /** Milliseconds, by the time scale. */
  ms(milliseconds: number): number {
    return Math.round(milliseconds * this.timeScale);
  }

  /** A line in the trace. */
  note(line: string): void {
    this.trace.add(line);
  }

  /** What is to be done when the case is over, the last one first; at once where it was given up and is still at it. */
  afterwards(cleanup: () => Promise<unknown>): void {
    if (this.#disposed) cleanup().catch(() => {});
    else this.#cleanups.push(cleanup);
  }

  /** The URLs of the gateway under test. */
  async urls(): Promise<GatewayUrls> {
    const target = this.#gatewayTarget();
    const set = this.#parts.entry.limits ?? "default";
    if (target.isCommand) this.#use((await target.shared(set)).process);
    return target.urls(set, this.way);
  }

  /** A gateway process of the case's own, which it may stop, kill and start again. `limits`: over those of the case's set. */
  async ownGateway(limits: Readonly<Record<string, number>> = {}): Promise<GatewayProcess> {
    this.#healthShown = true;
    this.ownsProcesses = true;
    const gateway = await this.#gatewayTarget().start(this.#parts.entry.limits ?? "default", limits);
    this.#gateways.push(gateway);
    this.afterwards(() => gateway.stop());
    return gateway;
  }

  /** A client process of the case's own. `authority`: host and port that it dials in place of the suite's, such as those of a proxy. */
  async ownClient(authority?: string): Promise<PeerProcess> {
    this.#healthShown = true;
    this.ownsProcesses = true;
    const process = await this.#clientTarget().own(authority);
    this.#use(process);
    this.afterwards(() => process.stop());
    return process;
  }

  #use(process: PeerProcess): void {
    if (this.#disposed) return;
    this.#processes.add(process);
    process.serve(this.#parts.entry.id);
  }

  #gatewayTarget(): GatewayTarget {
    if (this.#parts.gateway === undefined) throw new HarnessError("The case asks for a gateway under test.");
    return this.#parts.gateway;
  }

  #clientTarget(): ClientTarget {
    if (this.#parts.client === undefined) throw new HarnessError("The case asks for a client under test.");
    return this.#parts.client;
  }

  /** What the suite's gateway calls itself: host and port, as the client dials them. */
  get audience(): string {
    return this.#clientTarget().audience;
  }

  /** The URL of the case's way at a gateway. */
  urlOf(urls: GatewayUrls): string {
    const url = this.ownEndpoint ? urls.endpoint : this.way === "shared" ? urls.shared : urls.wrapped;
    if (url === undefined) throw new Unsupported(`The gateway under test has no URL for ${this.way}.`);
    return url;
  }

  /** A socket on which nothing was said: to a gateway, dialled; from a client, which was told to connect and is about to say HELLO. */
  async socket(options: SocketOptions = {}): Promise<Channel> {
    if (this.role === "gateway") {
      const url = options.url ?? this.urlOf(await this.urls());
      return this.#channel(await Socket.dial(url, this.ms(4_000)), options.label);
    }
    const end = await this.#connectClient(options);
    return this.nextSocket(end, options.label);
  }

  /** The next socket that a client opens on the path that it was told for an earlier one: it reconnects. */
  async nextSocket(from: Channel | ClientEnd, label?: string, patience: Patience = {}): Promise<Channel> {
    const end = from instanceof Channel ? this.#endOf(from) : from;
    const within = this.ms(patience.within ?? 6_000);
    const socket = await end.sockets.take(() => true, within, "the client to connect");
    const channel = this.#channel(socket, label);
    this.#clientEnds.set(channel, end);
    return channel;
  }

  #endOf(channel: Channel): ClientEnd {
    const end = this.#clientEnds.get(channel);
    if (end === undefined) throw new HarnessError("The case asks for a client under test.");
    return end;
  }

  async #connectClient(options: SocketOptions): Promise<ClientEnd> {
    const target = this.#clientTarget();
    const process = options.process ?? (await target.process());
    this.#use(process);
    const { name, path, sockets } = target.path();
    const end = { process, name, path, sockets };
    this.#allEnds.push(end);
    process.send({
      do: "connect",
      session: name,
      path,
      carriage: this.carriage,
      shared: !this.ownEndpoint,
      auth: authOf(KEYS.conformance),
      limits: this.limits,
      ...options.connect,
    });
    return end;
  }

  #channel(socket: Socket, label: string | undefined): Channel {
    const { carriage, trace, timeScale, key } = this;
    const channel = new Channel(socket, { carriage, trace, timeScale, key, ...(label === undefined ? {} : { label }) });
    this.#channels.push(channel);
    if (this.#disposed) socket.cut();
    return channel;
  }

  /** A session: the handshake is done, and both sides have offered their tools. */
  async session(options: SessionOptions = {}): Promise<Session> {
    const channel = await this.socket(options);
    const session =
      this.role === "gateway"
        ? await this.sessionAsClient(channel, options)
        : await this.sessionAsGateway(channel, options);
    return session;
  }

  /** The same on a socket that is there, towards a gateway. */
  async sessionAsClient(channel: Channel, options: SessionOptions = {}): Promise<Session> {
    const { established } = await clientHandshake(channel, options.hello);
    const session = this.adopt(channel, established);
    session.send(build.offer(OfferMode.replace, options.offer ?? SUITE_TOOLS));
    await channel.take("offer");
    return session;
  }

  /** The same on a socket that is there, towards a client. */
  async sessionAsGateway(channel: Channel, options: SessionOptions = {}): Promise<Session> {
    const { established } = await gatewayHandshake(channel, {
      audience: this.audience,
      challenge: this.ownEndpoint,
      ...options.welcome,
    });
    const session = this.adopt(channel, established);
    session.send(build.offer(OfferMode.replace, options.offer ?? SUITE_TOOLS));
    await channel.take("offer");
    // A client may offer nothing at first, and its tools as soon as its application has the session.
    while (session.offered.size === 0) await channel.take("offer");
    return session;
  }

  /** A session that a case has shaken hands for by itself. */
  adopt(channel: Channel, established: Session["established"]): Session {
    const session = new Session(channel, established);
    this.#sessions.push(session);
    for (const need of this.#parts.entry.needs ?? []) {
      if ((need === "delivery" || need === "credit") && !session.has(need))
        throw new Unsupported(`The peer under test has no feature ${need}.`);
    }
    return session;
  }

  /** Resumes a session at the gateway under test on a new socket. The session has moved to it where WELCOME says that it was resumed. */
  async resume(
    session: Session,
    options: SocketOptions & { readonly hello?: ClientHandshakeOptions; readonly key?: SuiteKey } = {},
  ): Promise<ClientHandshake & { readonly channel: Channel }> {
    const channel = await this.socket({ label: "resumed", ...options });
    const token = session.resumeToken;
    if (token === undefined) throw new Failure("WELCOME gave no resume token.", "RESUME-001");
    const { key } = options;
    const handshake = await clientHandshake(channel, {
      ...(key === undefined ? {} : { key }),
      resume: { sessionId: session.id, token, received: session.receivedCount },
      ...options.hello,
    });
    if (handshake.welcome.resumedFrom !== undefined) {
      session.resumeToken = handshake.welcome.resumeToken;
      session.move(channel);
    }
    return { ...handshake, channel };
  }

  /** A call of the suite. */
  open(session: Session, options: CallOptions): Promise<OutgoingCall> {
    return openCall(session, options);
  }

  /** A call of the peer's application: by `test.call` where it is a gateway, by a line where it is a client. */
  async peerCalls(session: Session, options: PeerCallOptions = {}): Promise<PeerCall> {
    if (this.role === "gateway") return gatewayCalls(session, options);
    const { process, name } = this.#endOf(session.channel);
    return clientCalls(session, process, name, options);
  }

  /** A session of a peer under test that has no wire to look at (role `behaviour`): its calls, by lines. */
  async local(): Promise<{ call(options: PeerCallOptions & { readonly tool: string }): DrivenCall }> {
    const { process, name } = await this.#connectClient({});
    await process.events(name).take((entry) => entry.event === "open", this.ms(4_000), "the event open");
    const patience = (options?: Patience): number => this.ms(options?.within ?? 4_000);
    return { call: (options) => drivenCall(process, name, options, patience) };
  }

  /** How a client under test is driven: its process, and the name under which it knows the session. */
  driver(of: Session | Channel): { readonly process: PeerProcess; readonly name: string } {
    return this.#endOf(of instanceof Session ? of.channel : of);
  }

  /**
   * All that the peer's application was told to do has been begun: what does not come behind the round trips that follow does not come. A gateway
   * is told by calls, on the same socket; a client by lines, of which a round trip shows nothing, so that it is given one that it does not know.
   */
  async begun(session: Session): Promise<void> {
    if (this.role !== "gateway") await this.admitsIgnorance(this.driver(session).process);
    for (let times = 0; times < 3; times++) await session.roundTrip();
  }

  /**
   * A client's process is told to do what nobody can know, and says so. One that says yes to everything passes cases that it has not understood;
   * and what it was told before has been begun when it answers.
   */
  async admitsIgnorance(process: PeerProcess): Promise<void> {
    process.send({ do: `conformance-${this.random.integer(0, 1e9)}`, session: "nobody", id: "nothing" });
    await process.general.take(
      ({ event }) => event === "error",
      this.ms(4_000),
      'the event "error" for an unknown "do"',
    );
  }

  /** The next event of a kind that a client under test prints about a session. */
  event(of: Session | Channel, kind: string, options: Patience = {}): Promise<Readonly<Record<string, unknown>>> {
    const { process, name } = this.driver(of);
    return process
      .events(name)
      .take((entry) => entry.event === kind, this.ms(options.within ?? 4_000), `the event ${kind}`);
  }

  /**
   * The peer must end the session by GOAWAY with the requirement, and end the socket if that is turnmux's own, or leave it to the host if not;
   * and other sessions must go on. `requirement` may be a clause: GOAWAY names the requirement that it belongs to.
   */
  async breaks(session: Session, requirement: string, act: () => unknown, breach: Breach = {}): Promise<void> {
    await act();
    await broken(this, session, requirement, breach);
    await this.healthy();
  }

  /** Another session works: it is opened, answers a call, and is left. */
  async healthy(): Promise<void> {
    this.#healthShown = true;
    const session = await this.session({ label: "healthy" });
    const word = randomBytes(6).toString("hex");
    const call = await this.open(session, { tool: "test.echo", input: word });
    const ending = await call.ended();
    if (ending.value !== word) throw new Failure("A fresh session does not answer test.echo any more.", "CHAN-004");
    session.leave();
    await ended(session);
  }

  /** What every case ends with, unless it has shown it already or had a process of its own: others did not suffer. */
  async othersHealthy(): Promise<void> {
    if (!this.#healthShown && this.role !== "behaviour") await this.healthy();
  }

  /** @throws Failure with the sentence, unless the condition holds. */
  expect(condition: boolean, sentence: string, requirement?: string): void {
    if (!condition) throw new Failure(sentence, requirement);
  }

  /** @throws Failure where the two are not the same JSON. */
  equal(actual: unknown, expected: unknown, what: string, requirement?: string): void {
    const [is, should] = [show(actual), show(expected)];
    if (is !== should) throw new Failure(`${what} is ${is}, and should be ${should}.`, requirement);
  }

  /** What a check that the harness makes by itself has found on any channel of the case. */
  get fault(): Failure | undefined {
    return this.#channels.find((channel) => channel.firstFault !== undefined)?.firstFault;
  }

  /** Why a failure of the case shows nothing: the peer has not taken a limit that the case counts on. `broken`: the clause, where it is known. */
  lackingLimit(broken: string | undefined): string | undefined {
    return lackingLimit({
      covers: this.#parts.entry.covers,
      broken,
      given: this.limits,
      without: new Set(this.#allProcesses().flatMap(({ withoutLimits }) => withoutLimits)),
      established: this.#sessions.map(({ established }) => established),
    });
  }

  #allProcesses(): readonly PeerProcess[] {
    return [...this.#processes, ...this.#gateways.flatMap((gateway) => gateway.processes)];
  }

  /**
   * What it comes to that a process of the peer ended without being asked, which CHAN-004 forbids whatever is sent to it; undefined where none
   * did. `late`: its end may not have been noticed yet, although what came of it was.
   */
  async crash(late: boolean): Promise<Failure | undefined> {
    const processes = this.#allProcesses();
    const living = processes.filter((process) => !process.isEnded);
    if (late && living.length > 0 && !processes.some((process) => process.crashed)) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise((resolve) => (timer = setTimeout(resolve, NOTICED_MS)));
      await Promise.race([patience, ...living.map((process) => process.ended)]);
      clearTimeout(timer);
    }
    const crashed = processes.find((process) => process.crashed);
    return crashed && new Failure(await crashed.obituary(this.#parts.entry.id), "CHAN-004.2");
  }

  /** Closes all that the case opened. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const process of this.#processes) process.release(this.#parts.entry.id);
    for (const session of this.#sessions) if (session.channel.socket.open) session.leave();
    for (const { process, name } of this.#allEnds) process.send({ do: "close", session: name });
    for (const channel of this.#channels) channel.socket.close();
    await Promise.allSettled(this.#cleanups.toReversed().map((cleanup) => cleanup()));
    for (const { process, name, path } of this.#allEnds) {
      process.forget(name);
      this.#parts.client?.abandon(path);
    }
    for (const channel of this.#channels) channel.socket.cut();
  }
}

/** The field `auth` of the line `connect`. */
export function authOf(key: SuiteKey): Json {
  return key.method === "token"
    ? { method: "token", keyId: key.keyId, secret: key.secret }
    : { method: "ed25519", keyId: key.keyId, seed: key.secret };
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, entry: unknown) =>
      entry instanceof Uint8Array ? { $bytes: Buffer.from(entry).toString("base64") } : entry,
    ) ?? "absent"
  );
}
