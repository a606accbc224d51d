/** A platform without sockets, clocks and chance: what becomes of each attempt to connect is the test's to say. */
import {
  Acceptor,
  resolveLimits,
  ResumableSessions,
  Session,
  ToolRegistry,
  toolServer,
  type Admission,
  type Logger,
  type SessionControl,
} from "@turnmux/core";
import { virtualCarriers, type VirtualCarrier } from "../../../core/test/support/virtual-carrier.ts";
import { VirtualTime } from "../../../core/test/support/virtual-time.ts";
import { ALL_PARTS } from "../../src/parts.ts";
import { connectOn } from "../../src/connect.ts";
import type { Opening, OpenFailure, OpeningListener } from "../../src/connection/open-socket.ts";
import type { ConnectOptions } from "../../src/options.ts";
import type { Platform, Target } from "../../src/platform/platform.ts";
import type { ClientSession } from "../../src/client-session.ts";

/** What becomes of one attempt. */
export type Attempt =
  /** A gateway is there. */
  | { readonly admission: Admission }
  /** The socket opens, and nobody says anything. */
  | "silence"
  /** Nothing happens at all. */
  | "nothing"
  | OpenFailure;

/** A gateway that lets everybody in. */
export const welcome: Attempt = { admission: { kind: "vouched", grant: { principal: "alice", scopes: [] } } };

/** Nobody listens. */
export const refused: Attempt = { message: "connect ECONNREFUSED" };

/** One session, as the gateway has it. */
export interface VirtualSide {
  readonly session: Session;
  readonly control: SessionControl;
  readonly acceptor: Acceptor;
  readonly carrier: VirtualCarrier;
}

/** See the module's comment. */
export class VirtualNetwork implements Platform {
  readonly time = new VirtualTime();
  readonly registry = new ToolRegistry({ hasJournal: true });
  /** When each attempt was made, in milliseconds since the first one. */
  readonly attempts: number[] = [];
  readonly sessions: VirtualSide[] = [];
  readonly clientCarriers: VirtualCarrier[] = [];
  /** True where clients may resume their sessions. */
  resumable = false;
  aborted = 0;
  /** How late the event loop of each gateway is. */
  lagMs = 0;
  /** What {@link Backoff} draws, from 0 to less than 1. */
  chance = 0;
  readonly #plan: Attempt[];
  readonly #environment = { ...this.time.environment("gateway"), lagMs: () => this.lagMs };
  readonly #resumable = new ResumableSessions({ environment: this.#environment, limits: resolveLimits() });
  readonly parts = ALL_PARTS;
  #first: number | undefined;

  /** `plan` says what becomes of the attempts, one after the other; the last one stands for all that follow. */
  constructor(...plan: Attempt[]) {
    this.#plan = plan;
  }

  /** The client's attempt to connect. */
  connect(options: ConnectOptions = {}): Promise<ClientSession> {
    return connectOn(this, "ws://gateway.example/session", options);
  }

  /** A session that stands. */
  async session(options: ConnectOptions = {}): Promise<ClientSession> {
    const connecting = this.connect(options);
    await this.time.settle();
    return connecting;
  }

  /** Closes a session, and lets that happen. */
  async close(session: ClientSession): Promise<void> {
    const closing = session.close();
    await this.time.settle();
    await closing;
  }

  get latest(): VirtualSide {
    const side = this.sessions.at(-1);
    if (side === undefined) throw new Error("there is no session");
    return side;
  }

  environment(log: Logger | undefined): ReturnType<Platform["environment"]> {
    const environment = this.time.environment("client", log);
    return {
      ...environment,
      // Tags and nonces are longer.
      randomOctets: (count) => (count === 4 ? this.#chanceOctets() : environment.randomOctets(count)),
    };
  }

  open(_target: Target, listener: OpeningListener): Opening {
    this.#first ??= this.time.now;
    this.attempts.push(this.time.now - this.#first);
    const attempt = this.#plan.length > 1 ? this.#plan.shift() : this.#plan[0];
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    let carrier: VirtualCarrier | undefined;
    this.time.defer(() => {
      if (attempt === undefined || attempt === "nothing") return;
      if (attempt !== "silence" && !("admission" in attempt)) {
        resolve();
        listener.failed(attempt);
        return;
      }
      const carriers = virtualCarriers(this.time);
      carrier = carriers.client;
      const lose = carrier.lose.bind(carrier);
      carrier.lose = (loss) => {
        lose(loss);
        resolve();
      };
      this.clientCarriers.push(carrier);
      if (attempt !== "silence") this.accept(carriers.gateway, attempt.admission);
      listener.opened(carrier);
    });
    return {
      closed,
      abort: () => {
        this.aborted += 1;
        resolve();
        carrier?.cut();
      },
    };
  }

  carrierOf(): never {
    throw new Error("there are no sockets");
  }

  /** Puts the gateway on a carrier. */
  accept(carrier: VirtualCarrier, admission: Admission): void {
    const environment = this.#environment;
    const limits = resolveLimits();
    const acceptor: Acceptor = new Acceptor({
      carrier,
      environment,
      limits,
      admission: () => admission,
      sessions: this.resumable ? this.#resumable : undefined,
      makeSession: () => {
        const made: { control?: SessionControl } = {};
        const session = new Session(
          { environment, limits, incoming: toolServer({ registry: this.registry }) },
          (control) => {
            made.control = control;
          },
        );
        const { control } = made;
        if (control === undefined) throw new Error("no control");
        this.sessions.push({ session, control, acceptor, carrier });
        return control;
      },
      over: () => {},
    });
  }

  #chanceOctets(): Uint8Array {
    const octets = new Uint8Array(4);
    new DataView(octets.buffer).setUint32(0, Math.floor(this.chance * 2 ** 32));
    return octets;
  }
}
