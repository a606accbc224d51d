/**
 * Calls of a session: those that the suite makes, and those that the peer makes.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import * as build from "../wire/build.ts";
import { encodeAs, encodeBody, type Value } from "../wire/body.ts";
import { codeName, Content, outcomeName, type CodeName, type OutcomeName } from "../wire/constants.ts";
import type { Frame } from "../wire/frame.ts";
import type { FieldsOf } from "../wire/parse.ts";
import type { Patience } from "./channel.ts";
import type { Opened, Session } from "./session.ts";
import { ITEM_OCTETS, valueOf, type Inbound } from "./streams.ts";

/** What a call of the suite is made of. */
export interface CallOptions {
  readonly tool: string;
  /** Absent: no body. */
  readonly input?: Value | undefined;
  /** How the input is encoded. Default: text and octets as they are, else JSON, with octets inside MessagePack. */
  readonly content?: number | undefined;
  readonly key?: string | undefined;
  readonly deadlineMs?: number | undefined;
  readonly priority?: number | undefined;
  readonly turn?: string | undefined;
  readonly lineage?: string | undefined;
  readonly trace?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly callId?: string | undefined;
  readonly stream?: number | undefined;
}

/** How a call ended. */
export interface Ending {
  readonly ok: boolean;
  /** The code's name, `"ok"` where it is 0. */
  readonly code: CodeName;
  readonly outcome: OutcomeName | undefined;
  readonly message: string | undefined;
  readonly retryable: boolean | undefined;
  readonly retryAfterMs: number | undefined;
  /** The result, or the details of the error. */
  readonly value: Value | undefined;
  /** END itself. */
  readonly end: FieldsOf<"end">;
}

/** OPEN for a call, where its arguments fit into it. */
export function openFrame(session: Session, options: CallOptions): { readonly stream: number; readonly frame: Frame } {
  const stream = options.stream ?? session.newStream();
  const { content, octets } = encoded(options.input, options.content);
  return { stream, frame: build.open(stream, headerOf(options, content), octets) };
}

function headerOf(options: CallOptions, content: number): Parameters<typeof build.open>[1] {
  return {
    tool: options.tool,
    callId: options.callId ?? randomBytes(16).toString("hex"),
    key: options.key,
    deadlineMs: options.deadlineMs ?? 30_000,
    priority: options.priority,
    content,
    turn: options.turn,
    lineage: options.lineage,
    trace: options.trace,
    meta: options.meta,
  };
}

function encoded(value: Value | undefined, content: number | undefined): { content: number; octets: Uint8Array } {
  if (value === undefined) return { content: Content.none, octets: new Uint8Array(0) };
  return content === undefined ? encodeBody(value) : { content, octets: encodeAs(content, value) };
}

/** A key of 128 random bits. */
export function newKey(): string {
  return `k_${randomBytes(16).toString("hex")}`;
}

/** A call that the suite makes. */
export class OutgoingCall {
  readonly session: Session;
  readonly stream: number;
  readonly inbound: Inbound;

  constructor(session: Session, stream: number) {
    this.session = session;
    this.stream = stream;
    this.inbound = session.inbound(stream);
  }

  /** The next ACCEPT. */
  accepted(options?: Patience): Promise<FieldsOf<"accept">> {
    return this.inbound.accepts.take(() => true, this.session.channel.patience(options), "ACCEPT");
  }

  /** The next item's value. */
  async item(options?: Patience): Promise<Value | undefined> {
    return valueOf(await this.inbound.items.take(() => true, this.session.channel.patience(options), "an item"));
  }

  /** The next progress report's value. */
  async progress(options?: Patience): Promise<Value | undefined> {
    return valueOf(await this.inbound.progress.take(() => true, this.session.channel.patience(options), "progress"));
  }

  /** How the call ended. */
  async ended(options?: Patience): Promise<Ending> {
    const { end, body } = await this.inbound.ended.take(() => true, this.session.channel.patience(options), "END");
    const { code, outcome, message, retryable, retryAfterMs } = end;
    return {
      ok: code === 0,
      code: codeName(code),
      outcome: outcome === undefined ? undefined : outcomeName(outcome),
      message,
      retryable,
      retryAfterMs,
      value: valueOf(body),
      end,
    };
  }

  /** Asks to cancel. */
  reset(code = 1): void {
    this.session.send(build.reset(this.stream, { code }));
  }
}

/** Makes a call: OPEN, and as many DATA as the arguments need, within the credit that the peer gives. */
export async function openCall(session: Session, options: CallOptions): Promise<OutgoingCall> {
  const stream = options.stream ?? session.newStream();
  const { content, octets } = encoded(options.input, options.content);
  const header = headerOf(options, content);
  const { meta } = options;
  await sendBody(session, stream, octets, (part, more) => build.open(stream, header, part, { more }), {
    header: HEADER_OCTETS + (meta === undefined ? 0 : JSON.stringify(meta).length),
  });
  return new OutgoingCall(session, stream);
}

/** Room for the header of a body's first frame, beside `meta`. */
const HEADER_OCTETS = 700;

/** Sends a body in frames that the peer takes, as credit comes. `first` makes the frame that begins it. */
export async function sendBody(
  session: Session,
  stream: number,
  octets: Uint8Array,
  first: (part: Uint8Array, more: boolean) => Frame,
  options: { readonly final?: boolean; readonly header?: number } = {},
): Promise<void> {
  const size = Math.max(256, session.established.peer.framePayload - (options.header ?? HEADER_OCTETS));
  let at = 0;
  do {
    const part = octets.subarray(at, at + size);
    const begins = at === 0;
    at += part.length;
    const more = at < octets.length;
    if (part.length > 0) await session.creditFor(stream, part.length);
    session.useCredit(stream, part.length);
    session.send(
      begins ? first(part, more) : build.cont(stream, part, { more, final: !more && options.final !== false }),
    );
  } while (at < octets.length);
}

/** A call that the peer makes. */
export class IncomingCall {
  readonly session: Session;
  readonly opened: Opened;

  constructor(session: Session, opened: Opened) {
    this.session = session;
    this.opened = opened;
  }

  get stream(): number {
    return this.opened.stream;
  }

  get open(): FieldsOf<"open"> {
    return this.opened.open;
  }

  /** The arguments, when they are complete. */
  async input(options?: Patience): Promise<Value | undefined> {
    const { inbound } = this.opened;
    return valueOf(await inbound.arguments.take(() => true, this.session.channel.patience(options), "the arguments"));
  }

  /** The RESET that asks to cancel it. */
  cancelled(options?: Patience): Promise<FieldsOf<"reset">> {
    return this.opened.inbound.resets.take(() => true, this.session.channel.patience(options), "RESET");
  }

  accept(state = 0): void {
    this.session.send(build.accept(this.stream, { state }));
  }

  /** Sends a progress report; it has to fit into one frame. */
  progress(value: Value): void {
    const { content, octets } = encoded(value, undefined);
    this.session.useCredit(this.stream, octets.length);
    this.session.send(build.progress(this.stream, content, octets));
  }

  /** Sends an item, when there is credit for it: what it goes on with waits for none (FLOW-002). */
  async item(value: Value): Promise<void> {
    const { session, stream } = this;
    const { content, octets } = encoded(value, undefined);
    const { streamCredit, channelCredit } = session.established.peer;
    const cost = octets.length + ITEM_OCTETS;
    // All of it, or what is enough to begin (FLOW-008).
    await session.creditFor(stream, Math.min(cost, Math.ceil((streamCredit * 3) / 4)));
    await session.creditFor(0, Math.min(cost, Math.ceil(channelCredit / 2)));
    session.useCredit(stream, cost);
    session.useCredit(0, cost);
    const size = Math.max(256, session.established.peer.framePayload - 16);
    for (let at = 0; at === 0 || at < octets.length; at += size) {
      const part = octets.subarray(at, at + size);
      const more = at + size < octets.length;
      session.send(at === 0 ? build.item(stream, content, part, { more }) : build.cont(stream, part, { more }));
    }
  }

  /** Ends it with a result. */
  async end(value?: Value): Promise<void> {
    const { content, octets } = encoded(value, undefined);
    await sendBody(this.session, this.stream, octets, (part, more) =>
      build.end(this.stream, { code: 0, content }, part, { more }),
    );
  }

  /** Ends it with an error. */
  fail(error: { code: number; outcome: number; message?: string; retryable?: boolean; retryAfterMs?: number }): void {
    this.session.send(build.end(this.stream, { content: Content.none, ...error }));
  }
}
