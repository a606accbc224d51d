/**
 * A connection with its two ends: carriers for the core, and everything that can happen to a socket.
 *
 * @module
 */
import type { Carrier, CarrierListener, CarrierLoss, CarrierMessage } from "@turnmux/core";
import { Rank } from "./agenda.ts";
import { Pipe, type PipeOptions } from "./pipe.ts";
import type { Process } from "./process.ts";
import type { Tap } from "./tap.ts";
import { octetsOf, Type, type WireFrame } from "./wire.ts";
import type { World } from "./world.ts";

/** What connections of a schedule have in common. */
export interface ConnectionOptions extends PipeOptions {
  readonly carriage: "binary" | "text" | "wrapped";
  /** The socket belongs to a host, which sends messages of its own. */
  readonly shared: boolean;
  /** Gateways do not know what credit is, as far as that can be had from outside: in binary carriage. */
  readonly forgetsCredit?: boolean | undefined;
}

/** Octets of a WebSocket's closing frame. */
const CLOSE_OCTETS = 8;

/** Milliseconds after which a host notices by itself that a connection is gone. */
const HOST_NOTICES_MS = 40_000;

/** One end of a connection. */
export class End implements Carrier {
  readonly carriage: ConnectionOptions["carriage"];
  readonly shared: boolean;
  readonly blocked = false;
  readonly process: Process;
  readonly connection: Connection;
  readonly side: "client" | "gateway";
  #listener: CarrierListener | undefined;
  #pipe: Pipe | undefined;
  #other: End | undefined;
  #closing = false;
  #lost = false;
  /** The next message gets lost. */
  #loses = false;
  readonly #forgets: boolean;

  constructor(connection: Connection, side: "client" | "gateway", process: Process, options: ConnectionOptions) {
    this.connection = connection;
    this.side = side;
    this.process = process;
    this.carriage = options.carriage;
    this.shared = options.shared;
    this.#forgets = options.forgetsCredit === true && side === "gateway";
  }

  /** True once the listener has heard that the connection is gone, or would have. */
  get lost(): boolean {
    return this.#lost;
  }

  get buffered(): number {
    return this.#pipe?.buffered ?? 0;
  }

  /** Sets where it leads. Called once. */
  join(other: End, options: ConnectionOptions): Pipe {
    this.#other = other;
    const { world } = this.process;
    this.#pipe = new Pipe(world, this.process, other.process, options, () => this.#listener?.drained());
    return this.#pipe;
  }

  send(message: CarrierMessage): void {
    if (this.#closing || this.#lost || !this.process.perform()) return;
    const frames = this.connection.tap.sent(this.connection, this.side, message);
    if (this.#loses) {
      this.#loses = false;
      this.connection.lose(this.side);
      return;
    }
    const behindLost = this.connection.lossy.has(this.side);
    this.#pipe?.send(octetsOf(message), () => this.#other?.arrive(message, frames, behindLost));
  }

  /** The next message gets lost, where a host wraps them. */
  loseNext(): void {
    if (this.carriage === "wrapped") this.#loses = true;
  }

  start(listener: CarrierListener): void {
    this.#listener = listener;
  }

  detach(): void {
    this.#listener = undefined;
  }

  close(code: number, reason: string): void {
    if (!this.shared) this.closeSocket({ code, reason });
  }

  /** Closes the socket, after what was sent; its owner hears of it when the other side has answered, or does not. */
  closeSocket(loss: CarrierLoss): void {
    if (this.#closing || this.#lost || !this.process.perform()) return;
    this.#closing = true;
    const { connection, process } = this;
    const { world } = process;
    connection.end();
    const other = this.#other;
    this.#pipe?.send(CLOSE_OCTETS, () => other?.closed(loss));
    world.at(world.now + connection.closeMs, Rank.arrival, () => this.lose(loss), process);
  }

  /** A message of the host's own, on a shared socket. */
  sendAsHost(message: string): void {
    if (this.#closing || this.#lost || !this.process.perform()) return;
    this.connection.tap.hostSent(this.connection, this.side, message);
    this.#pipe?.send(octetsOf(message), () => this.#other?.arrive(message, undefined));
  }

  /** The other side has closed. */
  closed(loss: CarrierLoss): void {
    this.connection.end();
    // The kernel answers, also for a process that closes itself.
    this.#closing = true;
    this.lose(loss);
  }

  /** The connection is gone, as this end learns now. */
  lose(loss: CarrierLoss): void {
    if (this.#lost) return;
    this.#lost = true;
    const listener = this.#listener;
    this.#listener = undefined;
    const { world, name } = this.process;
    world.note(name, `c${this.connection.number} is lost: ${loss.reason}`);
    listener?.lost(loss);
    this.connection.tap.lost(this.connection, this.side);
  }

  /** A message arrived. */
  arrive(message: CarrierMessage, frames: readonly WireFrame[] | undefined, behindLost = false): void {
    if (this.#lost) return;
    const { tap } = this.connection;
    tap.arrived(this.connection, this.side, frames, behindLost);
    const taken = this.#listener?.message(this.#forgets ? withoutCredit(message, frames) : message);
    if (taken !== undefined) tap.handled(this.connection, this.side, message, frames, taken);
  }
}

/** A HELLO with the name of the feature changed: what a gateway that does not know it makes of it. */
function withoutCredit(message: CarrierMessage, frames: readonly WireFrame[] | undefined): CarrierMessage {
  if (!(message instanceof Uint8Array) || frames?.[0]?.type !== Type.hello) return message;
  const changed = Buffer.from(message);
  const at = changed.indexOf("credit");
  if (at !== -1) changed.write("CREDIT", at);
  return new Uint8Array(changed);
}

/** How two ends learn of a cut: in so many milliseconds, or by themselves. */
export interface Told {
  readonly clientMs?: number | undefined;
  readonly gatewayMs?: number | undefined;
}

/** See the module's comment. */
export class Connection {
  readonly number: number;
  readonly client: End;
  readonly gateway: End;
  readonly tap: Tap;
  /** Milliseconds until a socket that was closed is gone. */
  readonly closeMs: number;
  /** Octets get through. */
  healthy = true;
  /** Whose messages were lost. */
  readonly lossy = new Set<"client" | "gateway">();
  readonly #world: World;
  readonly #toGateway: Pipe;
  readonly #toClient: Pipe;
  readonly #unhealthy: (lost?: boolean) => void;

  /** `unhealthy` is called whenever something happens that may lose or delay messages, and at the end; `lost` tells that one is lost. */
  constructor(
    world: World,
    number: number,
    client: Process,
    gateway: Process,
    options: ConnectionOptions,
    tap: Tap,
    unhealthy: (lost?: boolean) => void,
  ) {
    this.#world = world;
    this.#unhealthy = unhealthy;
    this.number = number;
    this.tap = tap;
    this.closeMs = world.random.pick([1, 5, 2_000]);
    this.client = new End(this, "client", client, options);
    this.gateway = new End(this, "gateway", gateway, options);
    this.#toGateway = this.client.join(this.gateway, options);
    this.#toClient = this.gateway.join(this.client, options);
    client.died.push(() => this.#died(this.client, this.gateway, this.#toGateway, this.#toClient));
    gateway.died.push(() => this.#died(this.gateway, this.client, this.#toClient, this.#toGateway));
  }

  /** True when neither side uses it any more. */
  get over(): boolean {
    return [this.client, this.gateway].every((end) => end.lost || !end.process.alive);
  }

  /** Cuts it, at any octet of what is on its way. A side that is not told finds out by silence. */
  cut(told: Told, reason: string): void {
    const { random } = this.#world;
    this.end();
    this.#toGateway.cut(random.unit());
    this.#toClient.cut(random.unit());
    this.#tell(this.client, told.clientMs, this.#toClient, reason);
    this.#tell(this.gateway, told.gatewayMs, this.#toGateway, reason);
  }

  /** One side reads nothing for so long. */
  pause(reader: "client" | "gateway", milliseconds: number): void {
    this.#unhealthy();
    (reader === "client" ? this.#toClient : this.#toGateway).pause(milliseconds);
  }

  /** One side reads so many octets in a millisecond from now on. */
  slow(reader: "client" | "gateway", rate: number): void {
    this.#unhealthy();
    (reader === "client" ? this.#toClient : this.#toGateway).slow(rate);
  }

  /** Both sides read as fast as the connection goes. */
  recover(): void {
    for (const pipe of [this.#toClient, this.#toGateway]) pipe.slow(Number.POSITIVE_INFINITY);
  }

  /** A message of this side is lost, and those behind it are not. */
  lose(sender: "client" | "gateway"): void {
    this.lossy.add(sender);
    this.#world.note(this[sender].process.name, `c${this.number} loses that message`);
    this.#unhealthy(true);
  }

  /** Messages may get lost from now on. */
  end(): void {
    this.healthy = false;
    this.#unhealthy();
  }

  #tell(end: End, afterMs: number | undefined, inbound: Pipe, reason: string): void {
    // A host finds out some time, without turnmux.
    if (afterMs === undefined && !end.shared) return;
    const at = inbound.lastArrival + (afterMs ?? HOST_NOTICES_MS);
    this.#world.at(at, Rank.arrival, () => end.lose({ code: 1006, reason }), end.process);
  }

  /** One of the processes is dead. What its kernel had taken may still arrive. */
  #died(dead: End, other: End, outbound: Pipe, inbound: Pipe): void {
    if (dead.lost) return;
    const { random } = this.#world;
    this.end();
    outbound.cut(random.pick([0, 1, random.unit()]));
    inbound.cut(0);
    // A kernel that is still there says so; a machine that is gone does not.
    const afterMs = random.chance(0.8) ? random.real(0, 5) : undefined;
    this.#tell(other, afterMs, outbound, "the other side is gone");
  }
}
