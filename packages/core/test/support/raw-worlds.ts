/** One real side and one raw end, on virtual time. */
import type { Acceptor, Dialer, Logger, Session } from "../../src/index.ts";
import { RawEnd } from "./raw.ts";
import { ClientSide, GatewaySide, type ClientSideOptions, type GatewaySideOptions } from "./sides.ts";
import { virtualCarriers, type VirtualCarrier } from "./virtual-carrier.ts";
import { VirtualTime } from "./virtual-time.ts";
import type { WelcomeFrame } from "../../src/wire/frame.ts";

interface CarrierOptions {
  readonly carriage?: "binary" | "text" | "wrapped";
  readonly shared?: boolean;
}

/** A real gateway and a raw client. */
export class GatewayUnderTest {
  readonly time: VirtualTime;
  readonly side: GatewaySide;
  readonly raw: RawEnd;
  /** The gateway's end. */
  readonly carrier: VirtualCarrier;
  readonly acceptor: Acceptor;

  constructor(options: GatewaySideOptions & CarrierOptions = {}, time: VirtualTime = new VirtualTime()) {
    this.time = time;
    this.side = new GatewaySide(time, options);
    const carriers = virtualCarriers(time, options.carriage, options.shared);
    this.carrier = carriers.gateway;
    this.acceptor = this.side.accept(carriers.gateway);
    this.raw = new RawEnd(carriers.client);
  }

  /** A gateway whose session stands. What it has said so far is taken. */
  static async open(options: GatewaySideOptions & CarrierOptions = {}): Promise<GatewayUnderTest> {
    const made = new GatewayUnderTest(options);
    made.raw.say(made.raw.hello());
    await made.time.settle();
    made.raw.take();
    return made;
  }

  get session(): Session {
    return this.side.latest.session;
  }

  /** Says something and lets everything happen that needs no time. Gives what the gateway says to it. */
  async say(...frames: Parameters<RawEnd["say"]>): Promise<RawEnd["received"]> {
    this.raw.take();
    this.raw.say(...frames);
    await this.time.settle();
    return this.raw.received;
  }
}

/** A real client and a raw gateway. */
export class ClientUnderTest {
  readonly time: VirtualTime;
  readonly side: ClientSide;
  readonly raw: RawEnd;
  /** The client's end. */
  readonly carrier: VirtualCarrier;
  readonly dialer: Dialer;

  constructor(options: ClientSideOptions & CarrierOptions = {}, time: VirtualTime = new VirtualTime()) {
    this.time = time;
    this.side = new ClientSide(time, options);
    const carriers = virtualCarriers(time, options.carriage, options.shared);
    this.carrier = carriers.client;
    this.raw = new RawEnd(carriers.gateway, 2);
    this.dialer = this.side.dial(carriers.client);
  }

  /** A client whose session stands. What it has said so far is taken. */
  static async open(
    options: ClientSideOptions & CarrierOptions = {},
    welcome: Partial<WelcomeFrame> = {},
  ): Promise<ClientUnderTest> {
    const made = new ClientUnderTest(options);
    await made.time.settle();
    made.raw.say(made.raw.welcome(welcome));
    await made.time.settle();
    made.raw.take();
    return made;
  }

  get session(): Session {
    return this.side.session;
  }

  /** Says something and lets everything happen that needs no time. Gives what the client says to it. */
  async say(...frames: Parameters<RawEnd["say"]>): Promise<RawEnd["received"]> {
    this.raw.take();
    this.raw.say(...frames);
    await this.time.settle();
    return this.raw.received;
  }
}

/** A log that keeps its lines. */
export class MemoryLog implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  debug(message: string, fields?: Record<string, unknown>): void {
    this.lines.push({ level: "debug", message, fields });
  }
  info(message: string, fields?: Record<string, unknown>): void {
    this.lines.push({ level: "info", message, fields });
  }
  warn(message: string, fields?: Record<string, unknown>): void {
    this.lines.push({ level: "warn", message, fields });
  }
  error(message: string, fields?: Record<string, unknown>): void {
    this.lines.push({ level: "error", message, fields });
  }
}
