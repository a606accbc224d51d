/**
 * The suite as a gateway that keeps its promises over cut connections, and over a death that it feigns: it resumes the client's session,
 * runs each key once, replays what is over, and does not know what ran when it died.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { IncomingCall } from "../harness/calls.ts";
import type { Channel } from "../harness/channel.ts";
import type { PeerProcess } from "../harness/driver.ts";
import { makeChallenge, makeWelcome, takeHello } from "../harness/handshake.ts";
import type { Session } from "../harness/session.ts";
import { SUITE_TOOLS, type Context } from "../suite/context.ts";
import { Failure } from "../suite/verdict.ts";
import * as build from "../wire/build.ts";
import { Code, OfferMode, Outcome } from "../wire/constants.ts";
import type { Counted } from "./history.ts";
import { numberOf, type CountCall, type Told } from "./workload.ts";

/** How long the suite waits for the client to come back, and a caller for its end, in milliseconds. */
const PATIENCE_MS = 20_000;

const CountInput = z.object({ counter: z.string(), by: z.number(), holdMs: z.number() });
const StreamInput = z.object({ items: z.number() });

/** What is recorded of a key. */
interface Run {
  /** Undefined: what ran when the suite died. */
  readonly value: Promise<number | undefined>;
  over: boolean;
}

/** See the module's comment. */
export class LastingGateway {
  readonly #t: Context;
  #session: Session | undefined;
  #channel: Channel;
  #closed = false;
  #lives = 1;
  readonly #runs = new Map<string, Run>();
  readonly #counters = new Map<string, { value: number; runs: number }>();
  /** Rejects when the client does not come back. */
  readonly broken: Promise<never>;
  #break: ((error: unknown) => void) | undefined;

  private constructor(t: Context, channel: Channel) {
    this.#t = t;
    this.#channel = channel;
    this.broken = new Promise<never>((_, reject) => {
      this.#break = reject;
    });
    this.broken.catch(() => {});
  }

  /** Has a client dial, and answers it. */
  static async open(t: Context, process: PeerProcess): Promise<LastingGateway> {
    // What it dials is a proxy; the suite calls itself by its own name.
    const channel = await t.socket({ process, connect: { audience: [t.audience] } });
    const gateway = new LastingGateway(t, channel);
    t.afterwards(async () => gateway.close());
    await gateway.#handshake(channel);
    gateway.#serve().catch((error: unknown) => gateway.#break?.(error));
    return gateway;
  }

  /** Answers no more. */
  close(): void {
    this.#closed = true;
    this.#session?.opened.end(new Failure("The case is over."));
  }

  /** Loses its connection, its session and what runs; what is recorded, and what has taken effect, stays. */
  die(): void {
    this.#lives++;
    this.#session?.opened.end(new Failure("The suite's gateway has died."));
    this.#session = undefined;
    for (const [key, { over }] of this.#runs) {
      if (!over) this.#runs.set(key, { value: Promise.resolve(undefined), over: true });
    }
    this.#channel.socket.cut();
  }

  /** What a counter is at. */
  counted(counter: string): Counted {
    return { type: "counted", counter, ...(this.#counters.get(counter) ?? { value: 0, runs: 0 }) };
  }

  /** Has the client's application call `suite.once`. */
  async count({ key, counter, by, holdMs }: CountCall): Promise<Told> {
    const call = await this.#t.peerCalls(this.#standing(), {
      tool: "suite.once",
      key,
      input: { counter, by, holdMs },
      timeoutMs: this.#t.ms(PATIENCE_MS * 2),
    });
    return Promise.race([call.settled({ within: PATIENCE_MS }), this.broken]);
  }

  /** Has the client's application call `suite.stream`, and read all of it. */
  async stream(items: number, onitem: (number: number) => void): Promise<Told> {
    const call = await this.#t.peerCalls(this.#standing(), { tool: "suite.stream", input: { items } });
    for (let n = 0; n < items; n++) {
      const { value } = await Promise.race([call.event("item", { within: PATIENCE_MS }), this.broken]);
      onitem(numberOf("suite.stream", value));
    }
    return call.settled({ within: PATIENCE_MS });
  }

  /** Any session of the client will do to name it: the calls go on in whichever it has. */
  #standing(): Session {
    const session = this.#session ?? this.#last;
    if (session === undefined) throw new Failure("The client has no session.");
    return session;
  }
  #last: Session | undefined;

  async #serve(): Promise<void> {
    while (!this.#closed) {
      await this.#channel.socket.closed;
      // What still arrives there is not counted (RESUME-003).
      this.#channel.onframe = undefined;
      if (this.#closed) return;
      this.#channel = await this.#t.nextSocket(this.#channel, "next", { within: PATIENCE_MS });
      try {
        await this.#handshake(this.#channel);
      } catch (error) {
        // It was cut as well.
        if (!(error instanceof Failure) || this.#channel.socket.open) throw error;
        this.#t.note(`the client is to dial again: ${error.message}`);
      }
    }
  }

  async #handshake(channel: Channel): Promise<void> {
    const { hello } = await takeHello(channel);
    if (this.#t.ownEndpoint) {
      channel.send(makeChallenge(channel, hello, { audience: this.#t.audience }));
      await channel.take("proof");
    }
    const session = this.#session;
    const { resume } = hello;
    if (session !== undefined && resume?.sessionId === session.id) {
      const going = { id: session.id, resumedFrom: session.receivedCount };
      const { frame, established } = makeWelcome(channel, hello, { session: going });
      channel.send(frame);
      session.resumeToken = established.resumeToken;
      session.move(channel);
      const again = session.sent.slice(resume.received);
      if (again.length > 0) channel.send(...again);
      for (const [stream, limit] of session.grantedToPeer) channel.send(build.credit(stream, limit));
      return;
    }
    const why = resume === undefined ? {} : { notResumed: "the gateway has died" };
    const { frame, established } = makeWelcome(channel, hello, why);
    channel.send(frame);
    this.#begin(this.#t.adopt(channel, established));
  }

  #begin(session: Session): void {
    session.lasts = true;
    this.#session = session;
    this.#last = session;
    session.send(build.offer(OfferMode.replace, SUITE_TOOLS));
    void this.#answer(session);
  }

  async #answer(session: Session): Promise<void> {
    for (;;) {
      const opened = await session.opened.take(() => true, PATIENCE_MS * 10, "OPEN").catch(() => undefined);
      if (opened === undefined) return;
      this.#run(new IncomingCall(session, opened)).catch((error: unknown) => this.#break?.(error));
    }
  }

  async #run(call: IncomingCall): Promise<void> {
    const input = await call.input();
    const stream = StreamInput.safeParse(input);
    call.accept();
    if (stream.success) {
      for (let n = 0; n < stream.data.items; n++) await call.item({ n });
      await call.end("done");
      return;
    }
    const key = call.open.key;
    if (key === undefined) throw new Failure("The client's call of a once tool has no key.");
    let run = this.#runs.get(key);
    if (run === undefined) {
      const { data } = CountInput.safeParse(input);
      if (data === undefined) throw new Failure(`The client's call has the input ${JSON.stringify(input)}.`);
      run = { value: this.#count(key, data), over: false };
      this.#runs.set(key, run);
    }
    const value = await run.value;
    if (call.session !== this.#session) return;
    if (value === undefined)
      call.fail({ code: Code.aborted, outcome: Outcome.unknown, message: "it ran in another life" });
    else await call.end({ value });
  }

  async #count(key: string, { counter, by, holdMs }: z.infer<typeof CountInput>): Promise<number> {
    const life = this.#lives;
    const before = this.#counters.get(counter) ?? { value: 0, runs: 0 };
    const value = before.value + by;
    this.#counters.set(counter, { value, runs: before.runs + 1 });
    await wait(holdMs);
    const run = this.#runs.get(key);
    if (run !== undefined && life === this.#lives) run.over = true;
    return value;
  }
}
