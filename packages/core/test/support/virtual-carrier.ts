/** Two carriers with a network between them that loses nothing until it is cut. */
import type { Carrier, CarrierListener, CarrierLoss, CarrierMessage } from "../../src/index.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** One end. What is not turnmux's arrives in {@link hostReceived}. */
export class VirtualCarrier implements Carrier {
  readonly carriage: "binary" | "text" | "wrapped";
  readonly shared: boolean;
  readonly hostReceived: CarrierMessage[] = [];
  /** Every message that this end sent. */
  readonly sent: CarrierMessage[] = [];
  buffered = 0;
  /** Undefined: as a carrier that does not tell. */
  taken: number | undefined;
  pending: number | undefined;
  blocked = false;
  other: VirtualCarrier | undefined;
  closedWith: { readonly code: number; readonly reason: string } | undefined;
  #listener: CarrierListener | undefined;
  #up = true;
  readonly #time: VirtualTime;

  constructor(time: VirtualTime, carriage: "binary" | "text" | "wrapped", shared: boolean) {
    this.#time = time;
    this.carriage = carriage;
    this.shared = shared;
  }

  send(message: CarrierMessage): void {
    if (!this.#up) return;
    this.sent.push(message);
    const { other } = this;
    this.#time.defer(() => other?.arrive(message));
  }

  start(listener: CarrierListener): void {
    if (this.#listener !== undefined) throw new Error("started twice");
    this.#listener = listener;
  }

  detach(): void {
    this.#listener = undefined;
  }

  close(code: number, reason: string): void {
    if (this.shared || !this.#up) return;
    this.closedWith = { code, reason };
    const { other } = this;
    this.#up = false;
    // The closing handshake: this end hears of it as well.
    this.#time.defer(() => this.lose({ code, reason }));
    this.#time.defer(() => other?.lose({ code, reason }));
  }

  /** A message of the peer, or of a host. */
  arrive(message: CarrierMessage): void {
    if (!this.#up) return;
    if (this.#listener?.message(message) !== true) this.hostReceived.push(message);
  }

  /** The socket has taken what it held. */
  drain(): void {
    this.buffered = 0;
    this.blocked = false;
    this.#listener?.drained();
  }

  /** The connection is gone, for this end. */
  lose(loss: CarrierLoss): void {
    this.#up = false;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.lost(loss);
  }

  /** The connection is gone, for both ends. */
  cut(): void {
    this.lose({ code: 1006, reason: "cut" });
    this.other?.lose({ code: 1006, reason: "cut" });
  }
}

/** Two connected carriers. */
export function virtualCarriers(
  time: VirtualTime,
  carriage: "binary" | "text" | "wrapped" = "binary",
  shared = false,
): { readonly client: VirtualCarrier; readonly gateway: VirtualCarrier } {
  const client = new VirtualCarrier(time, carriage, shared);
  const gateway = new VirtualCarrier(time, carriage, shared);
  client.other = gateway;
  gateway.other = client;
  return { client, gateway };
}
