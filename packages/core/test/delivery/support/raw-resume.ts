/** A real gateway whose sessions raw clients resume, over one connection after the other. */
import { DELIVERY } from "../../../src/limits.ts";
import type { AckFrame, Frame, HelloFrame, ResumeRequest, WelcomeFrame } from "../../../src/wire/frame.ts";
import { RAW_LIMITS, RawEnd } from "../../support/raw.ts";
import { GatewaySide, type GatewaySideOptions } from "../../support/sides.ts";
import { virtualCarriers, type VirtualCarrier } from "../../support/virtual-carrier.ts";
import { VirtualTime } from "../../support/virtual-time.ts";
import type { Acceptor } from "../../../src/index.ts";

/** What a raw end states that wants delivery. */
export const DELIVERING_LIMITS = { ...RAW_LIMITS, replay: 1 << 22 } as const;

/** One connection: the raw client's end, and the gateway's. */
export interface RawLine {
  readonly raw: RawEnd;
  readonly near: VirtualCarrier;
  readonly acceptor: Acceptor;
}

/** A {@link RawLine} on which there was a WELCOME. */
export interface Welcomed extends RawLine {
  readonly welcome: WelcomeFrame;
}

/** See the module's comment. */
export class ResumableGateway {
  readonly time = new VirtualTime();
  side: GatewaySide;
  #lines = 0;

  constructor(options: GatewaySideOptions = {}) {
    this.side = new GatewaySide(this.time, options);
  }

  /** A further connection, on which nothing was said. */
  line(carriage: "binary" | "text" | "wrapped" = "binary"): RawLine {
    const { client, gateway } = virtualCarriers(this.time, carriage);
    const acceptor = this.side.accept(gateway);
    return { raw: new RawEnd(client, ++this.#lines), near: gateway, acceptor };
  }

  /** A further connection on which HELLO was said, and all happened that needs no time. */
  async hello(more: Partial<HelloFrame> = {}): Promise<RawLine> {
    const line = this.line();
    line.raw.say(line.raw.hello({ features: [DELIVERY], limits: DELIVERING_LIMITS, ...more }));
    await this.time.settle();
    return line;
  }

  /** A new session, whose WELCOME its client has answered with `first`. */
  async open(more: Partial<HelloFrame> = {}, ...first: Frame[]): Promise<Welcomed> {
    const line = await this.hello(more);
    const welcome = line.raw.only("welcome");
    await this.say(line, ...(first.length === 0 ? [ping()] : first));
    return { ...line, welcome };
  }

  /** Wants to go on with the session of a WELCOME, having received so many of its frames. */
  async resume(
    of: WelcomeFrame,
    received: number,
    request: Partial<ResumeRequest> = {},
    more: Partial<HelloFrame> = {},
  ): Promise<Welcomed> {
    const line = await this.hello({ resume: { ...requestOf(of, received), ...request }, ...more });
    return { ...line, welcome: line.raw.only("welcome") };
  }

  /** Says something, and lets everything happen that needs no time. Gives what the gateway says to it. */
  async say({ raw }: RawLine, ...frames: Frame[]): Promise<Frame[]> {
    raw.take();
    raw.say(...frames);
    await this.time.settle();
    return raw.received;
  }

  /** The connection is lost, for both ends. */
  async cut({ near }: RawLine): Promise<void> {
    near.cut();
    await this.time.settle();
  }
}

/** What HELLO says to go on with the session of a WELCOME. */
export function requestOf(of: WelcomeFrame, received: number): ResumeRequest {
  return { sessionId: of.sessionId, token: of.resumeToken ?? new Uint8Array(0), received };
}

/** A frame that nobody counts. */
export function ping(): Frame {
  return { type: "ping", id: 1 };
}

export function ack(received: number): AckFrame {
  return { type: "ack", received };
}

/** Types of frames, in order. */
export function types(frames: readonly Frame[]): string[] {
  return frames.map(({ type }) => type);
}
