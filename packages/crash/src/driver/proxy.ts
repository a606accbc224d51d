/**
 * A TCP proxy between clients and gateway that breaks connections.
 *
 * @module
 */

import { createServer, connect as dial, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { Random } from "../random.ts";

/** What the proxy tells of what it did. */
export interface ProxyEvents {
  cut(detail: string): void;
  stall(detail: string): void;
}

/** How often what happens to a connection. */
const FATES = { octets: 45, stall: 30, silence: 10, live: 15 } as const;

/** Milliseconds for which a connection that lives is left alone, on average. */
const LIVE_MS = 2_000;

/** Longest time that a stalled connection says nothing, in milliseconds. Heartbeats notice much shorter ones. */
const LONGEST_STALL_MS = 4_000;

/** See the module's comment. Connections go to where {@link Proxy.target} says at the time. */
export class Proxy {
  /** The gateway's port, or undefined while there is none. */
  target: number | undefined;
  readonly #server: Server;
  readonly #random: Random;
  readonly #events: ProxyEvents;
  readonly #pipes = new Set<Pipe>();
  #calm = true;

  constructor(random: Random, events: ProxyEvents) {
    this.#random = random;
    this.#events = events;
    this.#server = createServer({ allowHalfOpen: false }, (socket) => this.#connected(socket));
  }

  /** Listens on a port of its own, which it gives back. */
  async listen(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections break, those that stand included. Until then none does. */
  begin(): void {
    this.#calm = false;
    for (const pipe of this.#pipes) this.#decide(pipe);
  }

  /** From now on nothing breaks; what is stalled ends, since its other end may be long gone. */
  calm(): void {
    this.#calm = true;
    for (const pipe of this.#pipes) if (pipe.stalled) pipe.end();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#calm = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const pipe of this.#pipes) pipe.end();
    await closed;
  }

  #connected(client: Socket): void {
    if (this.target === undefined) {
      client.destroy();
      return;
    }
    const gateway = dial(this.target, "127.0.0.1");
    const pipe: Pipe = new Pipe(client, gateway, () => {
      this.#pipes.delete(pipe);
    });
    this.#pipes.add(pipe);
    if (!this.#calm) this.#decide(pipe);
  }

  #decide(pipe: Pipe): void {
    const random = this.#random;
    switch (random.weighted(FATES)) {
      case "octets": {
        const side = random.chance(0.5) ? "client" : "gateway";
        const octets = random.spread(200, 100_000);
        pipe.cutAfter(side, octets, () => this.#events.cut(`after ${octets} octets of the ${side}`));
        return;
      }
      case "stall":
        pipe.after(random.interval(1_500), () => this.#stall(pipe, random.chance(0.5)));
        return;
      case "silence":
        // One end goes without a word, and the other one learns of it from silence alone.
        pipe.linger = random.between(500, LONGEST_STALL_MS);
        pipe.cutAfter(random.chance(0.5) ? "client" : "gateway", random.spread(2_000, 50_000), () =>
          this.#events.cut("one end only"),
        );
        return;
      case "live":
        pipe.after(random.interval(LIVE_MS), () => {
          if (!this.#calm) this.#decide(pipe);
        });
        return;
    }
  }

  #stall(pipe: Pipe, goesOn: boolean): void {
    if (this.#calm) return;
    const milliseconds = this.#random.spread(5, LONGEST_STALL_MS);
    const sides = this.#random.weighted({ both: 2, client: 1, gateway: 1 });
    this.#events.stall(`${sides}, ${milliseconds} ms, ${goesOn ? "goes on" : "ends"}`);
    pipe.stall(sides);
    pipe.after(milliseconds, () => {
      if (!goesOn) {
        pipe.end();
        return;
      }
      pipe.release();
      this.#decide(pipe);
    });
  }
}

type Side = "client" | "gateway";

/** One connection, in two halves. */
class Pipe {
  /** Milliseconds for which one half stays open when the other is gone. */
  linger = 0;
  readonly #sockets: Readonly<Record<Side, Socket>>;
  readonly #over: () => void;
  readonly #stalled = new Set<Side>();
  /** Octets that a side may still send before the connection is cut. */
  readonly #budget: { client: number; gateway: number } = {
    client: Number.POSITIVE_INFINITY,
    gateway: Number.POSITIVE_INFINITY,
  };
  #onCut: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(client: Socket, gateway: Socket, over: () => void) {
    this.#sockets = { client, gateway };
    this.#over = over;
    for (const [from, to] of [
      ["client", "gateway"],
      ["gateway", "client"],
    ] as const) {
      const socket = this.#sockets[from];
      socket.setNoDelay(true);
      socket.on("data", (chunk: Buffer) => this.#pass(from, to, chunk));
      socket.on("drain", () => this.#resume(to));
      socket.on("error", () => {});
      socket.on("close", () => this.#gone(from, to));
    }
  }

  get stalled(): boolean {
    return this.#stalled.size > 0;
  }

  /** Cuts the connection behind this octet of a side. */
  cutAfter(side: Side, octets: number, cut: () => void): void {
    this.#budget[side] = octets;
    this.#onCut = cut;
  }

  /** Does something later, in place of what was to be done later until now. */
  after(milliseconds: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, milliseconds);
  }

  /** Takes nothing more from these sides: the connection is open, and silent. */
  stall(sides: Side | "both"): void {
    for (const side of ["client", "gateway"] as const) {
      if (sides !== side && sides !== "both") continue;
      this.#stalled.add(side);
      this.#sockets[side].pause();
    }
  }

  /** Goes on. */
  release(): void {
    this.#stalled.clear();
    this.#resume("client");
    this.#resume("gateway");
  }

  /** Ends both halves at once. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#sockets.client.destroy();
    this.#sockets.gateway.destroy();
    this.#over();
  }

  #resume(side: Side): void {
    if (!this.#stalled.has(side)) this.#sockets[side].resume();
  }

  #pass(from: Side, to: Side, chunk: Buffer): void {
    if (this.#ended) return;
    const target = this.#sockets[to];
    const part = chunk.subarray(0, this.#budget[from]);
    this.#budget[from] -= part.length;
    const room = target.destroyed || target.write(part);
    if (!room) this.#sockets[from].pause();
    if (part.length === chunk.length) return;
    this.#onCut();
    // What was let through arrives: the cut is at the octet. Where one half is to learn of it from silence, it has no end.
    if (this.linger === 0) target.end();
    this.#sockets[from].destroy();
  }

  #gone(from: Side, to: Side): void {
    if (this.#ended) return;
    if (this.linger > 0 && !this.#sockets[to].destroyed) {
      this.after(this.linger, () => this.end());
      this.stall(to);
      return;
    }
    this.#sockets[from].destroy();
    // What came before the end is still passed on.
    this.#sockets[to].end();
    if (this.#sockets[to].destroyed) this.end();
    else this.after(1_000, () => this.end());
  }
}
