/**
 * A proxy in front of a WebSocket server that does to connections what networks do: it holds back, loses, and cuts, within messages
 * and between them. What it does on the n-th connection is drawn from a seed.
 *
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../suite/random.ts";
import { HarnessError } from "../suite/verdict.ts";
import { MessageCutter, type Piece } from "./messages.ts";

/**
 * What is done to a connection.
 *
 * - `cut between`: both ends are cut behind a message
 * - `cut within`: both ends are cut when half of a message has passed
 * - `swallow`: from one message on nothing passes in its direction, and a while later both ends are cut
 * - `delay`: from one message on what goes in its direction is held back for a while
 * - `lose`: one message does not pass; for carriages that find that out, towards the server or the client as is said
 */
export type Fault = "cut between" | "cut within" | "swallow" | "delay" | "lose";

/** Towards whom a message goes. */
export type Direction = "client" | "server";

/** What a {@link FaultyProxy} is made of. */
export interface FaultyProxyOptions {
  /** Where the server is. */
  readonly host: string;
  readonly port: number;
  readonly random: Random;
  /** What is drawn from. */
  readonly faults: readonly [Fault, ...Fault[]];
  /** The messages that pass, in both directions, until something happens: from the first number to the second. */
  readonly after: readonly [number, number];
  /** In which direction `lose` loses. */
  readonly losesTowards?: Direction;
  /** Hears of what is done. */
  readonly ondisturb?: (what: string) => void;
}

/** How long what is held back is, and how long what is swallowed is until the cut, in milliseconds. */
const HOLD_MS: readonly [number, number] = [5, 60];

/** Passes connections on, and disturbs them. */
export class FaultyProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #healed = false;

  private constructor(server: Server, port: number, options: FaultyProxyOptions) {
    this.#server = server;
    this.port = port;
    server.on("connection", (client: Socket) => {
      const plan = this.#healed ? undefined : drawPlan(options);
      const link = new Link(client, connect(options.port, options.host), plan, options);
      this.#links.add(link);
      link.onend = () => this.#links.delete(link);
    });
  }

  /** Listens on 127.0.0.1. */
  static async open(options: FaultyProxyOptions): Promise<FaultyProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new HarnessError("The proxy has no port.");
    return new FaultyProxy(server, address.port, options);
  }

  /** The same URL, through the proxy. */
  url(original: string): string {
    const url = new URL(original);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Disturbs nothing from now on. */
  heal(): void {
    this.#healed = true;
    for (const link of this.#links) link.heal();
  }

  /** Cuts all that is there, and listens no more. */
  async close(): Promise<void> {
    for (const link of this.#links) link.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Plan {
  readonly fault: Fault;
  /** The message, of both directions, to which it is done, from 0. */
  readonly at: number;
  readonly holdMs: number;
  readonly towards: Direction | undefined;
}

function drawPlan({ random, faults, after, losesTowards }: FaultyProxyOptions): Plan {
  const fault = random.pick(faults);
  return {
    fault,
    at: random.integer(...after),
    holdMs: random.integer(...HOLD_MS),
    towards: fault === "lose" ? losesTowards : undefined,
  };
}

/** One connection, and the one to the server that goes with it. */
class Link {
  readonly #ends: Readonly<Record<Direction, Socket>>;
  readonly #tell: (what: string) => void;
  /** What the server calls itself, which is how it is to be asked for: it may look at that. */
  readonly #hostHeader: string;
  #plan: Plan | undefined;
  #messages = 0;
  #timer: NodeJS.Timeout | undefined;
  /** What is held back, in the direction in which it is. */
  #held: { readonly towards: Direction; readonly pieces: Buffer[] } | undefined;
  #swallowed: Direction | undefined;
  onend: (() => void) | undefined;

  constructor(client: Socket, server: Socket, plan: Plan | undefined, options: FaultyProxyOptions) {
    this.#ends = { client, server };
    this.#plan = plan;
    this.#tell = options.ondisturb ?? (() => {});
    this.#hostHeader = `Host: ${options.host}:${options.port}`;
    for (const [from, towards] of [
      [client, "server"],
      [server, "client"],
    ] as const) {
      const cutter = new MessageCutter();
      from.setNoDelay(true);
      from.on("data", (octets: Buffer) => {
        for (const piece of cutter.feed(octets)) this.#pass(piece, towards);
      });
      from.on("error", () => {});
      from.once("close", () => this.#gone(towards));
    }
  }

  heal(): void {
    this.#plan = undefined;
  }

  cut(): void {
    this.#ends.client.destroy();
    this.#ends.server.destroy();
  }

  #gone(towards: Direction): void {
    // What is on its way already still arrives.
    this.#release();
    this.#ends[towards].end();
    if (!this.#ends.client.destroyed || !this.#ends.server.destroyed) return;
    clearTimeout(this.#timer);
    this.onend?.();
  }

  #pass(piece: Piece, towards: Direction): void {
    if (this.#swallowed === towards) return;
    const plan = this.#plan;
    const isDue =
      plan !== undefined &&
      piece.kind === "message" &&
      this.#messages >= plan.at &&
      (plan.towards ?? towards) === towards;
    if (piece.kind === "message") this.#messages++;
    if (!isDue) {
      this.#write(piece.kind === "http" && towards === "server" ? this.#request(piece.octets) : piece.octets, towards);
      return;
    }
    this.#plan = undefined;
    this.#tell(`${plan.fault} at message ${this.#messages} of a connection, towards the ${towards}`);
    this.#disturb(plan, piece.octets, towards);
  }

  #request(octets: Buffer): Buffer {
    return Buffer.from(octets.toString("latin1").replace(/^host:.*$/im, this.#hostHeader), "latin1");
  }

  #disturb(plan: Plan, octets: Buffer, towards: Direction): void {
    switch (plan.fault) {
      case "cut between":
        this.#lastWords(octets, towards);
        break;
      case "cut within":
        this.#lastWords(octets.subarray(0, Math.ceil(octets.length / 2)), towards);
        break;
      case "swallow":
        this.#swallowed = towards;
        this.#timer = setTimeout(() => this.cut(), plan.holdMs);
        break;
      case "delay":
        this.#held = { towards, pieces: [octets] };
        this.#timer = setTimeout(() => this.#release(), plan.holdMs);
        break;
      case "lose":
        break;
    }
  }

  /** Writes this, and then neither end hears any more. */
  #lastWords(octets: Buffer, towards: Direction): void {
    this.#swallowed = towards;
    this.#ends[towards].write(octets, () => this.cut());
  }

  #write(octets: Buffer, towards: Direction): void {
    if (this.#held?.towards === towards) this.#held.pieces.push(octets);
    else this.#ends[towards].write(octets);
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const octets of held?.pieces ?? []) this.#ends[held?.towards ?? "server"].write(octets);
  }
}
