/**
 * Where the peer under test is: gateways that are running or are started, and a client that is started and dials the suite.
 *
 * @module
 */
import { mkdtempSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { z } from "zod";
import type { LimitSet } from "../suite/case.ts";
import { HarnessError, type Way } from "../suite/verdict.ts";
import type { PeerProcess } from "./driver.ts";
import { Inbox } from "./inbox.ts";
import type { SuiteKey } from "./keys.ts";
import { limitsOf } from "./limits.ts";
import { Processes, type Endings } from "./processes.ts";
import { Socket } from "./socket.ts";
import { inTurn } from "./starting.ts";

/** How long a peer under test may take to start, in milliseconds, before the time scale. */
const START_MS = 30_000;

/** A process takes its time to start also where everything else is meant to be quick. */
function startMs(timeScale: number): number {
  return START_MS * Math.max(1, timeScale);
}

/** The URLs that a gateway under test listens on. */
export interface GatewayUrls {
  readonly endpoint?: string | undefined;
  readonly shared?: string | undefined;
  readonly late?: string | undefined;
  readonly wrapped?: string | undefined;
}

const WebSocketUrl = z.string().refine((text) => /^wss?:\/\//.test(text) && URL.canParse(text));

const GatewayReady: z.ZodType<GatewayUrls> = z.looseObject({
  endpoint: WebSocketUrl.optional(),
  shared: WebSocketUrl.optional(),
  late: WebSocketUrl.optional(),
  wrapped: WebSocketUrl.optional(),
});

/** How a peer under test is found. */
export interface Target {
  /** A gateway that runs already. */
  readonly url?: string | undefined;
  /** With a URL: the key that is proved where a case names none. Default: `conformance`. */
  readonly key?: SuiteKey | undefined;
  /** A program and its arguments. */
  readonly command?: readonly string[] | undefined;
  /** Over the environment of this process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** A gateway under test that the suite started, with a folder for its state that outlives it. */
export class GatewayProcess {
  readonly #target: Target;
  readonly #limits: Readonly<Record<string, number>>;
  readonly #within: number;
  readonly #state: string;
  #process: PeerProcess;
  /** All that it has had, the present one last. */
  readonly processes: PeerProcess[] = [];
  readonly #run: Processes;
  #stopped = false;
  urls: GatewayUrls;

  private constructor(
    target: Target,
    limits: Readonly<Record<string, number>>,
    within: number,
    state: string,
    run: Processes,
  ) {
    this.#target = target;
    this.#run = run;
    this.#limits = limits;
    this.#within = within;
    this.#state = state;
    this.urls = {};
    this.#process = this.#spawn("0");
  }

  /** Starts one. Throws a {@link HarnessError} where it does not get ready. */
  static async start(
    run: Processes,
    target: Target,
    set: LimitSet,
    timeScale: number,
    more: Readonly<Record<string, number>> = {},
  ): Promise<GatewayProcess> {
    const state = await mkdtemp(join(tmpdir(), "turnmux-conformance-"));
    return inTurn(async () => {
      const limits = { ...limitsOf(set, timeScale), ...more };
      const gateway = new GatewayProcess(target, limits, startMs(timeScale), state, run);
      try {
        await gateway.#whenReady();
      } catch (error) {
        await gateway.stop();
        throw error;
      }
      return gateway;
    });
  }

  #spawn(port: string): PeerProcess {
    const process = this.#run.spawn(
      this.#target.command ?? [],
      {
        ...this.#target.environment,
        TURNMUX_TEST_STATE: this.#state,
        TURNMUX_TEST_LIMITS: JSON.stringify(this.#limits),
        TURNMUX_TEST_PORT: port,
      },
      this.#within,
    );
    this.processes.push(process);
    return process;
  }

  async #whenReady(): Promise<void> {
    const ready = GatewayReady.safeParse(await this.#process.ready);
    if (!ready.success)
      throw new HarnessError('The line {"ready": ...} must have ws:// URLs: endpoint, shared, late, wrapped.');
    this.urls = ready.data;
  }

  get process(): PeerProcess {
    return this.#process;
  }

  /** Starts it anew on the same port, with the same state. It must have ended before. */
  async restart(): Promise<void> {
    await this.#process.ended;
    const url = this.urls.endpoint ?? this.urls.shared ?? this.urls.wrapped;
    await inTurn(async () => {
      this.#run.check(this.#stopped);
      this.#process = this.#spawn(url === undefined ? "0" : new URL(url).port);
      await this.#whenReady();
    });
  }

  /** Stops it, and deletes its state. */
  async stop(end: (process: PeerProcess) => Promise<unknown> = (process) => process.stop()): Promise<void> {
    this.#stopped = true;
    await end(this.#process);
    await rm(this.#state, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The gateway under test, one process for each set of limits that cases ask for; or the one that has the URL. */
export class GatewayTarget {
  readonly #target: Target;
  readonly #timeScale: number;
  readonly #processes = new Map<LimitSet, Promise<GatewayProcess>>();
  /** Those that ended by themselves, while their state is deleted. */
  readonly #gone: Promise<void>[] = [];
  readonly #run = new Processes();

  constructor(target: Target, timeScale: number) {
    this.#target = target;
    this.#timeScale = timeScale;
  }

  get isCommand(): boolean {
    return this.#target.command !== undefined;
  }

  /** The key that is proved where a case names none. */
  get key(): SuiteKey | undefined {
    return this.#target.key;
  }

  /** The URLs of a gateway with these limits. */
  async urls(set: LimitSet, way: Way): Promise<GatewayUrls> {
    const { url } = this.#target;
    if (url !== undefined) return { [way === "shared" || way === "wrapped" ? way : "endpoint"]: url };
    return (await this.shared(set)).urls;
  }

  /**
   * The gateway that all cases with these limits have in common. It is started when the first of them comes, and a new one when the last one
   * has ended by itself; one that cannot be started is not tried again.
   */
  shared(set: LimitSet): Promise<GatewayProcess> {
    const known = this.#processes.get(set);
    if (known !== undefined) return known;
    const started = this.start(set);
    this.#processes.set(set, started);
    const whenGone = async (): Promise<void> => {
      const gateway = await started;
      await gateway.process.ended;
      if (this.#run.isOver) return;
      this.#processes.delete(set);
      this.#gone.push(gateway.stop());
    };
    whenGone().catch(() => {});
    return started;
  }

  /** A gateway of a case's own, which the case stops. */
  async start(set: LimitSet, more: Readonly<Record<string, number>> = {}): Promise<GatewayProcess> {
    this.#run.check();
    return GatewayProcess.start(this.#run, this.#target, set, this.#timeScale, more);
  }

  /** Nothing is started behind this: a case that was given up may still be at it. `hurry`: nobody waits for a process to end by itself. */
  async stop(hurry = false): Promise<void> {
    this.#run.end();
    const started = await Promise.allSettled(this.#processes.values());
    const running = started.flatMap((entry) => (entry.status === "fulfilled" ? [entry.value] : []));
    const end = (process: PeerProcess): Promise<void> => this.#run.retire(process, this.#timeScale, hurry);
    await Promise.all([...running.map((gateway) => gateway.stop(end)), ...this.#gone]);
  }

  /** What is wrong with how processes ended, when it is stopped. */
  endings(): Promise<Endings> {
    return this.#run.endings();
  }
}

/** What a client under test says that it can do. */
export interface ClientAbilities {
  readonly carriages?: readonly string[] | undefined;
  readonly shared?: boolean | undefined;
}

const ClientReady: z.ZodType<ClientAbilities> = z.looseObject({
  carriages: z.array(z.string()).optional(),
  shared: z.boolean().optional(),
});

/** The client under test, and the server that it dials. */
export class ClientTarget {
  readonly #target: Target;
  readonly #timeScale: number;
  readonly #server: WebSocketServer;
  /** Where gateways in the same process keep their journals and counters: each has a folder of its own in it. */
  readonly #state: string;
  readonly #paths = new Map<string, Inbox<Socket>>();
  #process: PeerProcess | undefined;
  readonly #run = new Processes();
  #names = 0;

  private constructor(target: Target, timeScale: number, server: WebSocketServer, state: string) {
    this.#target = target;
    this.#timeScale = timeScale;
    this.#server = server;
    this.#state = state;
    server.on("connection", (ws, request) => {
      const socket = new Socket(ws);
      const inbox = this.#paths.get(request.url ?? "");
      if (inbox === undefined) socket.cut();
      else inbox.put(socket);
    });
  }

  /** Opens the server. The client is started when the first case needs it. */
  static async open(target: Target, timeScale: number): Promise<ClientTarget> {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      perMessageDeflate: false,
      maxPayload: 64 * 1024 * 1024,
    });
    await new Promise((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
    });
    const state = await mkdtemp(join(tmpdir(), "turnmux-conformance-"));
    return new ClientTarget(target, timeScale, server, state);
  }

  /** Host and port of the suite's server. */
  get audience(): string {
    const { port }: AddressInfo = addressOf(this.#server);
    return `127.0.0.1:${port}`;
  }

  /** The process; a new one where the last one has ended. */
  async process(): Promise<PeerProcess> {
    this.#run.check();
    if (this.#process === undefined || this.#process.isEnded) {
      this.#process = this.#spawn();
    }
    await this.#process.ready;
    return this.#process;
  }

  /** A process of a case's own, which the case stops. `authority`: host and port that it dials in place of the suite's. */
  async own(authority?: string): Promise<PeerProcess> {
    return inTurn(async () => {
      this.#run.check();
      const process = this.#spawn(authority);
      await process.ready;
      return process;
    });
  }

  #spawn(authority: string = this.audience): PeerProcess {
    const environment = {
      TURNMUX_TEST_STATE: mkdtempSync(join(this.#state, "process-")),
      TURNMUX_TEST_LIMITS: "{}",
      ...this.#target.environment,
      TURNMUX_TEST_URL: `ws://${authority}`,
    };
    return this.#run.spawn(this.#target.command ?? [], environment, startMs(this.#timeScale));
  }

  /** What the client says that it can do. */
  async abilities(): Promise<ClientAbilities> {
    const ready = ClientReady.safeParse(await (await this.process()).ready);
    if (!ready.success) throw new HarnessError('The line {"ready": ...} must have carriages, a list of names.');
    return ready.data;
  }

  /** A path that nobody has used, and the sockets that will be opened on it. */
  path(): { readonly name: string; readonly path: string; readonly sockets: Inbox<Socket> } {
    const name = `s${++this.#names}`;
    const path = `/c/${name}`;
    const sockets = new Inbox<Socket>();
    this.#paths.set(path, sockets);
    return { name, path, sockets };
  }

  /** Connections to a path are cut from now on. */
  abandon(path: string): void {
    const sockets = this.#paths.get(path);
    this.#paths.delete(path);
    for (const socket of sockets?.entries ?? []) socket.cut();
  }

  /** Nothing is started behind this. `hurry`: nobody waits for the process to end by itself. */
  async stop(hurry = false): Promise<void> {
    this.#run.end();
    if (this.#process !== undefined) await this.#run.retire(this.#process, this.#timeScale, hurry);
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#state, { recursive: true, force: true, maxRetries: 3 });
  }

  /** What is wrong with how processes ended, when it is stopped. */
  endings(): Promise<Endings> {
    return this.#run.endings();
  }
}

function addressOf(server: WebSocketServer): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new HarnessError("The suite's server has no port.");
  return address;
}
