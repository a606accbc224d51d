/** A TCP connection between a client and a gateway that breaks at any octet, for both ends or for one of them. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export type Side = "client" | "gateway";

/** What becomes of a connection. */
export type Break =
  /** Both ends hear of it. */
  | "cut"
  /** The client alone hears of it. What the gateway still sends goes nowhere. */
  | "client alone"
  /** The gateway alone hears of it. The client is left to silence. */
  | "gateway alone";

/** When a connection breaks, and how: behind so many octets of one side. */
export interface Fate {
  readonly from: Side;
  readonly octets: number;
  readonly how: Break;
}

/** See the module's comment. */
export class Cable {
  /** Where a client dials. */
  readonly port: number;
  /** How often a connection broke. */
  breaks = 0;
  /** Connections so far. */
  connections = 0;
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #fate: () => Fate | undefined = () => undefined;
  #latest: Pair | undefined;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the cable has no port");
    this.port = address.port;
    server.on("connection", (socket) => this.#connected(socket));
  }

  /** Passes everything on to a port of this machine. Gone when the test is. */
  static async before(target: number): Promise<Cable> {
    const server = createServer({ noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const cable = new Cable(server, target);
    onTestFinished(() => cable.#close());
    return cable;
  }

  /** Asked for each connection from now on, and for the one that stands. */
  breakAt(fate: () => Fate | undefined): void {
    this.#fate = fate;
    if (this.#latest !== undefined) this.#latest.fate = fate();
  }

  /** The connection that stands breaks now. */
  break(how: Break): void {
    this.#latest?.end(how);
  }

  #connected(client: Socket): void {
    this.connections += 1;
    const gateway = connect({ port: this.#target, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, gateway]) {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    }
    this.#latest = new Pair({ client, gateway }, this.#fate(), () => {
      this.breaks += 1;
    });
  }

  #close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** One connection, in two halves. */
class Pair {
  fate: Fate | undefined;
  readonly #sockets: Readonly<Record<Side, Socket>>;
  readonly #broken: () => void;
  readonly #passed: Record<Side, number> = { client: 0, gateway: 0 };
  #over = false;

  constructor(sockets: Readonly<Record<Side, Socket>>, fate: Fate | undefined, broken: () => void) {
    this.#sockets = sockets;
    this.fate = fate;
    this.#broken = broken;
    this.#join("client", "gateway");
    this.#join("gateway", "client");
  }

  end(how: Break): void {
    if (this.#over) return;
    this.#over = true;
    this.#broken();
    if (how !== "gateway alone") this.#sockets.client.destroy();
    if (how !== "client alone") this.#sockets.gateway.destroy();
  }

  #join(from: Side, to: Side): void {
    const source = this.#sockets[from];
    const target = this.#sockets[to];
    source.on("data", (chunk: Buffer) => this.#pass(from, chunk));
    target.on("drain", () => source.resume());
    // The tests hear of it from the WebSockets.
    source.on("error", () => {});
    source.on("close", () => {
      if (!this.#over) target.destroy();
    });
  }

  #pass(from: Side, chunk: Buffer): void {
    // A half that is left over says nothing, and nobody hears it.
    if (this.#over) return;
    const target = this.#sockets[from === "client" ? "gateway" : "client"];
    const { fate } = this;
    const left = fate?.from === from ? Math.max(0, fate.octets - this.#passed[from]) : Number.POSITIVE_INFINITY;
    this.#passed[from] += chunk.length;
    const written = target.destroyed || target.write(chunk.subarray(0, left));
    if (!written) this.#sockets[from].pause();
    if (fate === undefined || chunk.length < left) return;
    // What was let through arrives.
    if (fate.how !== "client alone" && from === "client") target.end();
    if (fate.how !== "gateway alone" && from === "gateway") target.end();
    this.end(fate.how);
  }
}
