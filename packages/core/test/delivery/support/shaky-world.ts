/**
 * A client and a gateway with a network between them that carries one frame at a time, and breaks where a test says so. The
 * client dials again soon after it has heard of it.
 */
import type { CarrierMessage } from "../../../src/index.ts";
import { binaryCarriage } from "../../../src/wire/carriage.ts";
import { ClientSide, GatewaySide, type ClientSideOptions, type GatewaySideOptions } from "../../support/sides.ts";
import { virtualCarriers, type VirtualCarrier } from "../../support/virtual-carrier.ts";
import { VirtualTime } from "../../support/virtual-time.ts";

export type Sender = "client" | "gateway";

/** What becomes of the connection around one frame. Whatever else is under way in either direction is lost as well. */
export type Fault =
  /** The frame is lost with it. */
  | "before it arrives"
  /** The frame arrives, and nobody has acted on it yet. */
  | "when it has arrived"
  /** What is said to it is lost. */
  | "when it was answered"
  /** The client alone hears that it is lost: the gateway's end is half open until the client comes back. */
  | "for the client alone"
  /** The gateway alone hears of it: the client's end is silent. */
  | "for the gateway alone";

/** What may differ. `fault` is asked for each frame: of whom, and its number since {@link ShakyWorld.watch}. */
export interface ShakyOptions extends GatewaySideOptions, ClientSideOptions {
  readonly fault?: (from: Sender, frame: number, onChannel: number) => Fault | undefined;
}

/** Milliseconds between a loss and the next attempt, and the steps in which time passes. */
const STEP_MS = 25;

/** See the module's comment. */
export class ShakyWorld {
  readonly time = new VirtualTime();
  readonly gatewaySide: GatewaySide;
  readonly clientSide: ClientSide;
  /** Frames that were sent since {@link watch}. */
  readonly frames: Record<Sender, number> = { client: 0, gateway: 0 };
  /** How often the network broke. */
  faults = 0;
  readonly #options: ShakyOptions;
  #watching = false;
  #ends = 0;

  constructor(options: ShakyOptions = {}) {
    this.#options = options;
    this.gatewaySide = new GatewaySide(this.time, options);
    this.clientSide = new ClientSide(this.time, options);
    this.#dial();
  }

  /** From here on frames are counted, and the network may break. */
  watch(): void {
    this.#watching = true;
  }

  /** Lets time pass until the promise has settled. Throws where nothing in this world settles it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settle = (): void => {
      state.settled = true;
    };
    promise.then(settle, settle);
    for (let steps = 0; steps < 40_000; steps++) {
      await this.pass(0);
      if (state.settled) return promise;
      await this.pass(STEP_MS);
    }
    throw new Error("nothing in this world settles the promise");
  }

  /** Lets time pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.time.advance(milliseconds);
    const { ends, session } = this.clientSide;
    if (ends.length === this.#ends) return;
    this.#ends = ends.length;
    if (session.state === "reconnecting") this.#dial();
  }

  #dial(): void {
    const carriers = virtualCarriers(this.time);
    const line = { broken: false, frames: { client: 0, gateway: 0 } };
    this.#shake("client", carriers.client, carriers.gateway, line);
    this.#shake("gateway", carriers.gateway, carriers.client, line);
    this.gatewaySide.accept(carriers.gateway);
    this.clientSide.dial(carriers.client);
  }

  /** Has each frame travel in a message of its own, and asks for each what becomes of it. */
  #shake(
    from: Sender,
    carrier: VirtualCarrier,
    other: VirtualCarrier,
    line: { broken: boolean; readonly frames: Record<Sender, number> },
  ): void {
    const send = carrier.send.bind(carrier);
    carrier.send = (message) => {
      for (const single of singles(message)) send(single);
    };
    const arrive = other.arrive.bind(other);
    const [client, gateway] = from === "client" ? [carrier, other] : [other, carrier];
    const lose = (): void => {
      const loss = { code: 1006, reason: "shaken" };
      gateway.lose(loss);
      client.lose(loss);
    };
    other.arrive = (message) => {
      if (line.broken) return;
      const fault = this.#faultAt(from, line.frames);
      if (fault === undefined) {
        arrive(message);
        return;
      }
      this.faults += 1;
      switch (fault) {
        case "before it arrives":
          line.broken = true;
          lose();
          return;
        case "when it has arrived":
          line.broken = true;
          arrive(message);
          lose();
          return;
        case "when it was answered":
          arrive(message);
          // Behind what was deferred to say it, and before that travels.
          this.time.defer(() => {
            line.broken = true;
            lose();
          });
          return;
        case "for the client alone":
          line.broken = true;
          client.lose({ code: 1006, reason: "shaken" });
          return;
        case "for the gateway alone":
          line.broken = true;
          gateway.lose({ code: 1006, reason: "shaken" });
          return;
      }
    };
  }

  #faultAt(from: Sender, onChannel: Record<Sender, number>): Fault | undefined {
    if (!this.#watching) return undefined;
    this.frames[from] += 1;
    onChannel[from] += 1;
    return this.#options.fault?.(from, this.frames[from], onChannel[from]);
  }
}

/** The frames of a message, each in a message of its own. */
function singles(message: CarrierMessage): CarrierMessage[] {
  const envelope = binaryCarriage.recognise(message);
  if (envelope === undefined) throw new Error("this is no message of turnmux's in binary carriage");
  const frames = binaryCarriage.decode(envelope, { framePayload: 1 << 20 });
  return frames.map((frame) => binaryCarriage.encode(envelope.tag, [frame]));
}
