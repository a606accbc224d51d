/**
 * Takes the connections of child processes.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import {
  Acceptor,
  Session,
  type Admission,
  type Environment,
  type Grant,
  type Logger,
  type Permissions,
  type Relay,
  type SessionControl,
  type ShareLimits,
} from "@turnmux/core";
import { CHILD_LIMITS } from "./limits.ts";
import { protect } from "./place.ts";
import { LONGEST_MESSAGE, StreamCarrier } from "./stream-carrier.ts";
import { provesTicket, SHARE_AUDIENCE, TICKET_METHOD } from "./ticket.ts";

/** What a {@link Listener} works with. */
export interface ListenerOptions {
  readonly relay: Relay;
  readonly permissions: Permissions;
  readonly principal: () => string;
  readonly ticket: string;
  readonly environment: Environment;
  readonly limits: ShareLimits;
  readonly log: Logger;
}

/** One child, from its connection to its end. */
interface Child {
  /** Set at once. */
  acceptor: Acceptor | undefined;
  readonly socket: Socket;
  control: SessionControl | undefined;
}

/** See the module's comment. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  /** In the order in which they came. */
  readonly #children = new Set<Child>();
  #over: string | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  /** Those that have a session. */
  get children(): number {
    let count = 0;
    for (const { control } of this.#children) if (control !== undefined) count += 1;
    return count;
  }

  /** Rejects where the system does not let it listen there. */
  async listen(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(path, resolve);
    await promise;
    this.#server.off("error", reject);
    this.#server.on("error", (error) =>
      this.#options.log.error("turnmux: a shared session's socket failed", { error }),
    );
    protect(path);
  }

  /** What children may do has changed. */
  granted(scopes: readonly string[]): void {
    for (const { control } of this.#children) control?.setScopes(scopes);
  }

  /** Ends it: each child is told why. Resolves when no connection is left. */
  async close(message: string): Promise<void> {
    this.#over ??= message;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { acceptor, socket } of this.#children) {
      acceptor?.close(message);
      // One that reads nothing does not hold it up: see the carrier.
      socket.unref();
    }
    await closed;
  }

  #connected(socket: Socket): void {
    const { environment, limits } = this.#options;
    environment.arrived?.();
    // Messages are small, and each is waited for.
    socket.setNoDelay(true);
    this.#makeRoom();
    const carrier = new StreamCarrier(socket);
    carrier.longest = CHILD_LIMITS.handshakeOctets;
    socket.on("error", () => {});
    const child: Child = { acceptor: undefined, socket, control: undefined };
    this.#children.add(child);
    child.acceptor = new Acceptor({
      carrier,
      environment,
      limits: CHILD_LIMITS,
      admission: () => this.#admission(limits),
      makeSession: () => {
        carrier.longest = LONGEST_MESSAGE;
        child.control = this.#makeSession();
        return child.control;
      },
      refused: (end) => {
        this.#options.log.warn("turnmux: a process was not let into a shared session", { reason: end.message });
      },
      over: () => {
        this.#children.delete(child);
        // Whatever it has not read by then it will not.
        carrier.close();
      },
    });
  }

  /** Whoever connects and proves nothing keeps nobody else out: the oldest of those gives way. */
  #makeRoom(): void {
    const waiting = [...this.#children].filter(({ control }) => control === undefined);
    const [oldest] = waiting;
    if (oldest === undefined || waiting.length < this.#options.limits.handshakes) return;
    this.#children.delete(oldest);
    oldest.socket.destroy();
  }

  #admission(limits: ShareLimits): Admission {
    if (this.#over !== undefined) return { kind: "closed", message: this.#over };
    if (this.children >= limits.children) {
      const message = `${limits.children} processes share this turn already (limits.children)`;
      return { kind: "closed", message, retryAfterMs: 1_000 };
    }
    const { ticket, principal, permissions } = this.#options;
    return {
      kind: "proof",
      audience: SHARE_AUDIENCE,
      methods: [TICKET_METHOD],
      verify: async (request): Promise<Grant | undefined> => {
        if (!provesTicket(ticket, request)) return undefined;
        return { principal: principal(), scopes: permissions.scopes };
      },
    };
  }

  #makeSession(): SessionControl {
    const { environment, relay } = this.#options;
    let own: SessionControl | undefined;
    const take = (control: SessionControl): void => {
      own = control;
    };
    const session = new Session({ environment, limits: CHILD_LIMITS, incoming: relay.takesCalls }, take);
    // The constructor has set it.
    const control = own as unknown as SessionControl;
    void session.closed;
    return control;
  }
}
