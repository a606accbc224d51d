/**
 * An end of a carrier that speaks frames and knows no rule: it sends whatever a test likes, in any state, and keeps what it
 * gets.
 */
import type { CarrierLoss, CarrierMessage, OfferEntry } from "../../src/index.ts";
import {
  binaryCarriage,
  sameOctets,
  textCarriage,
  wrappedCarriage,
  ZERO_TAG,
  type Carriage,
} from "../../src/wire/carriage.ts";
import type {
  AcceptFrame,
  ChallengeFrame,
  DataFrame,
  EndFrame,
  Frame,
  GoawayFrame,
  HelloFrame,
  OfferFrame,
  OpenFrame,
  ProofFrame,
  RefuseFrame,
  ResetFrame,
  WelcomeFrame,
} from "../../src/wire/frame.ts";
import type { VirtualCarrier } from "./virtual-carrier.ts";

const CARRIAGES = { binary: binaryCarriage, text: textCarriage, wrapped: wrappedCarriage } as const;

const HANDSHAKE: ReadonlySet<string> = new Set(["hello", "challenge", "proof", "welcome", "refuse"]);

/** The limits that a raw end states where a test states no others. */
export const RAW_LIMITS = { framePayload: 16_384, message: 1 << 24, streams: 256, assembling: 1 << 25 } as const;

/** One end of a carrier. What it does not recognise stays in `carrier.hostReceived`. */
export class RawEnd {
  readonly carrier: VirtualCarrier;
  readonly carriage: Carriage;
  readonly nonce: Uint8Array;
  /** The tag of what this end takes. */
  tag: Uint8Array;
  /** The tag under which this end speaks, once the other end has stated it. */
  peerTag: Uint8Array = ZERO_TAG;
  /** Every frame that came, the latest last. */
  readonly received: Frame[] = [];
  /** The nonce of the HELLO that came. */
  clientNonce: Uint8Array = new Uint8Array(16);
  loss: CarrierLoss | undefined;
  #sequence = 0;

  constructor(carrier: VirtualCarrier, seed = 1) {
    this.carrier = carrier;
    this.carriage = CARRIAGES[carrier.carriage];
    this.nonce = new Uint8Array(16).fill(0x40 + seed);
    this.tag = new Uint8Array(8).fill(0x10 + seed);
    carrier.start({
      message: (message) => this.#receive(message),
      drained: () => {},
      lost: (loss) => {
        this.loss = loss;
      },
    });
  }

  /** One message with these frames: handshake frames under the tag zero, others under the peer's. */
  say(...frames: Frame[]): void {
    const [first] = frames;
    this.sayUnder(first !== undefined && HANDSHAKE.has(first.type) ? ZERO_TAG : this.peerTag, ...frames);
  }

  /** One message with these frames under any tag. */
  sayUnder(tag: Uint8Array, ...frames: Frame[]): void {
    this.carrier.send(this.carriage.encode(tag, frames, this.#sequence++));
  }

  /** Anything at all. */
  sayRaw(message: CarrierMessage): void {
    this.carrier.send(message);
  }

  /** The octets of a binary message with the peer's tag and this behind it. */
  sayOctets(...octets: readonly number[]): void {
    this.sayRaw(Uint8Array.of(0xc1, 0x01, ...this.peerTag, ...octets));
  }

  /** Takes the frames that have come so far, out of {@link received}. */
  take(): Frame[] {
    return this.received.splice(0);
  }

  /** The frames of a type that have come so far. */
  all<T extends Frame["type"]>(type: T): Extract<Frame, { type: T }>[] {
    return this.received.filter((frame): frame is Extract<Frame, { type: T }> => frame.type === type);
  }

  /** The only frame of a type that has come so far. */
  only<T extends Frame["type"]>(type: T): Extract<Frame, { type: T }> {
    const frames = this.all(type);
    const [frame] = frames;
    if (frame === undefined || frames.length > 1) {
      throw new Error(`${frames.length} frames are ${type}; there are: ${this.received.map((f) => f.type).join(", ")}`);
    }
    return frame;
  }

  #receive(message: CarrierMessage): boolean {
    const envelope = this.carriage.recognise(message);
    if (envelope === undefined) return false;
    if (!sameOctets(envelope.tag, ZERO_TAG) && !sameOctets(envelope.tag, this.tag)) return false;
    const frames = this.carriage.decode(envelope, { framePayload: 1 << 20 });
    for (const frame of frames) {
      if (frame.type === "hello") this.clientNonce = frame.nonce;
      if (frame.type === "challenge" || frame.type === "welcome" || frame.type === "hello") this.peerTag = frame.tag;
    }
    this.received.push(...frames);
    return true;
  }

  hello(more: Partial<HelloFrame> = {}): HelloFrame {
    return {
      type: "hello",
      versions: [1],
      nonce: this.nonce,
      tag: this.tag,
      features: [],
      limits: RAW_LIMITS,
      contents: [1, 2, 3, 4],
      ...more,
    };
  }

  proof(more: Partial<ProofFrame> = {}): ProofFrame {
    return { type: "proof", clientNonce: this.nonce, method: "token", keyId: "k", proof: octets("p"), ...more };
  }

  /** CHALLENGE for the HELLO that came. */
  challenge(more: Partial<ChallengeFrame> = {}): ChallengeFrame {
    return {
      type: "challenge",
      clientNonce: this.clientNonce,
      nonce: this.nonce,
      tag: this.tag,
      version: 1,
      features: [],
      audience: "gateway.example:443",
      methods: ["token"],
      ...more,
    };
  }

  /** WELCOME for the HELLO that came. */
  welcome(more: Partial<WelcomeFrame> = {}): WelcomeFrame {
    return {
      type: "welcome",
      clientNonce: this.clientNonce,
      tag: this.tag,
      version: 1,
      features: [],
      limits: RAW_LIMITS,
      contents: [1, 2, 3, 4],
      heartbeatMs: 15_000,
      sessionId: "s",
      principal: "alice",
      scopes: [],
      ...more,
    };
  }

  /** REFUSE for the HELLO that came. */
  refuse(more: Partial<RefuseFrame> = {}): RefuseFrame {
    return { type: "refuse", clientNonce: this.clientNonce, code: 16, message: "no", ...more };
  }
}

/** OPEN, whole in one frame. The arguments are JSON. */
export function open(stream: number, tool: string | number, input: unknown, more: Partial<OpenFrame> = {}): OpenFrame {
  return {
    type: "open",
    stream,
    more: false,
    final: more.more !== true,
    tool,
    callId: `c${stream}`,
    content: 1,
    body: octets(JSON.stringify(input)),
    ...more,
  };
}

/** More of the arguments, or of a result: the last of it where `last` says so. */
export function cont(stream: number, body: Uint8Array, last: boolean): DataFrame {
  return { type: "data", stream, more: !last, final: last, body };
}

/** An item (kind 2) or a progress report (kind 1), whole. */
export function data(stream: number, kind: number, value: unknown, more: Partial<DataFrame> = {}): DataFrame {
  const body = octets(JSON.stringify(value));
  return { type: "data", stream, more: false, final: false, head: { kind, content: 1 }, body, ...more };
}

/** END with a result. */
export function ok(stream: number, value: unknown, more: Partial<EndFrame> = {}): EndFrame {
  const body = octets(JSON.stringify(value));
  return { type: "end", stream, more: false, final: more.more !== true, code: 0, content: 1, body, ...more };
}

export function accept(stream: number, more: Partial<AcceptFrame> = {}): AcceptFrame {
  return { type: "accept", stream, state: 0, ...more };
}

export function reset(stream: number, code = 1): ResetFrame {
  return { type: "reset", stream, code };
}

export function goaway(code: number, lastStream = 0, more: Partial<GoawayFrame> = {}): GoawayFrame {
  return { type: "goaway", code, lastStream, message: "bye", ...more };
}

/** OFFER that replaces. */
export function offer(...tools: readonly (string | OfferEntry)[]): OfferFrame {
  const entries = tools.map((tool) => (typeof tool === "string" ? { name: tool, effect: 0 } : tool));
  return { type: "offer", mode: 0, tools: entries, names: [] };
}

/** Text as octets. */
export function octets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a body holds that is absent, JSON, text or octets. */
export function valueOf(frame: { readonly content: number; readonly body: Uint8Array }): unknown {
  if (frame.content === 0) return undefined;
  if (frame.content === 4) return frame.body;
  const text = new TextDecoder().decode(frame.body);
  return frame.content === 3 ? text : JSON.parse(text);
}
