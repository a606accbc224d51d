/**
 * MCP in: the tools of an MCP server beside a client, offered to its gateway.
 *
 * @module
 */
import { defineTools, ToolError, UsageError, type Session, type ToolContract } from "@turnmux/core";
import { ProtocolError, type Client, type Tool } from "@modelcontextprotocol/client";
import { connectMcp, isProgram, NO_TIMEOUT_MS } from "./connection.ts";
import type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "./offering.ts";
import { contractOf, effectOf, namesFor } from "./tool-from-mcp.ts";

const START_MS = 120_000;

/** Milliseconds before a server that has ended is started again: at first, and at most; and how often without success. */
const RESTART_MS = 500;
const MOST_RESTART_MS = 30_000;
const MOST_RESTARTS = 8;

/** Milliseconds after which a server that runs has started well. */
const STEADY_MS = 30_000;

/**
 * Offers the tools of an MCP server to the gateway, over the session's own socket. Resolves when they are offered.
 *
 * `readOnlyHint` makes a tool `read`, `idempotentHint` makes it `idempotent`, and one without is `once`: calls of those are recorded in the session's
 * journal. Results are MCP's own, whole: `{ content, structuredContent?, isError? }`; a tool that reports an error has answered, and what it says is
 * for the model. A server that ends is started again, unless it is a transport, and tools that it adds or takes away are offered and taken away.
 *
 * @throws {UsageError} where a tool cannot be offered, since a name is taken or there is no journal for `once` tools
 * @throws {Error} of MCP's SDK, where the server does not start
 */
export async function implementMcp(
  session: Session,
  server: McpProgram | McpTransport,
  options: ImplementMcpOptions = {},
): Promise<McpTools> {
  const offering = new Offering(session, server, options);
  await offering.start();
  return offering;
}

interface Offered {
  /** What the server said of it, to see whether that has changed. */
  readonly described: string;
  readonly wireName: string;
  readonly remove: () => void;
}

class Offering implements McpTools {
  readonly closed: Promise<void>;
  readonly #session: Session;
  readonly #server: McpProgram | McpTransport;
  readonly #options: ImplementMcpOptions;
  readonly #closed = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  /** By the server's names. */
  readonly #offered = new Map<string, Offered>();
  #client: Client | undefined;
  #listing: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(session: Session, server: McpProgram | McpTransport, options: ImplementMcpOptions) {
    this.#session = session;
    this.#server = server;
    this.#options = options;
    this.closed = this.#closed.promise;
    // A transport that is never started has nothing to close.
    void session.closed.then(() => this.close());
  }

  get tools(): readonly string[] {
    return [...this.#offered.values()].map(({ wireName }) => wireName);
  }

  async start(): Promise<void> {
    try {
      await this.#connect();
      await this.#list(true);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (!this.#over.signal.aborted) {
      this.#over.abort();
      this.#withdraw();
      await this.#client?.close().catch(() => {});
      this.#closed.resolve();
    }
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #connect(): Promise<void> {
    const { startMs = START_MS } = this.#options;
    const client = await connectMcp({
      server: this.#server,
      startMs,
      signal: this.#over.signal,
      heard: (line) => this.#tell(`the MCP server says: ${line}`),
      toolsChanged: () => {
        void this.#list(false).catch((error: unknown) =>
          this.#tell(`its tools could not be listed: ${messageOf(error)}`),
        );
      },
    });
    if (this.#over.signal.aborted) {
      await client.close();
      return;
    }
    const startedAt = performance.now();
    this.#client = client;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- MCP's SDK has properties alone
    client.onclose = () => {
      if (this.#client === client) void this.#ended(performance.now() - startedAt);
    };
  }

  /** The server is gone: its tools are taken away until it is there again. */
  async #ended(ranMs: number): Promise<void> {
    this.#client = undefined;
    this.#withdraw();
    if (this.#over.signal.aborted) return;
    if (!isProgram(this.#server)) {
      this.#tell("the MCP server has closed its transport; its tools are taken away");
      await this.close();
      return;
    }
    if (ranMs > STEADY_MS) this.#failures = 0;
    while (!this.#over.signal.aborted) {
      this.#failures += 1;
      if (this.#failures > MOST_RESTARTS) {
        this.#tell(`the MCP server has ended ${MOST_RESTARTS} times in a row; its tools are taken away`);
        await this.close();
        return;
      }
      const waitMs = Math.min(RESTART_MS * 2 ** (this.#failures - 1), MOST_RESTART_MS);
      this.#tell(`the MCP server has ended; it is started again in ${waitMs} ms`);
      await pause(waitMs, this.#over.signal);
      if (this.#over.signal.aborted) return;
      try {
        await this.#connect();
        await this.#list(false);
        return;
      } catch (error) {
        this.#tell(`the MCP server did not start: ${messageOf(error)}`);
      }
    }
  }

  /** Offers what the server lists, and takes away what it does not. One listing after the other. */
  #list(first: boolean): Promise<void> {
    const before = this.#listing;
    const listed = (async () => {
      await before.catch(() => {});
      const client = this.#client;
      if (client === undefined) return;
      const { tools } = await client.listTools();
      if (client !== this.#client || this.#over.signal.aborted) return;
      this.#offer(tools, first);
    })();
    this.#listing = listed;
    return listed;
  }

  #offer(tools: readonly Tool[], first: boolean): void {
    const { only, prefix } = this.#options;
    const missing = only?.find((name) => !tools.some((tool) => tool.name === name));
    if (missing !== undefined && first) throw new UsageError(`the MCP server has no tool ${missing}`);
    const wanted = tools.filter(({ name }) => only === undefined || only.includes(name));
    const names = namesFor(wanted, prefix);
    const listed = new Map(wanted.map((tool) => [tool.name, tool]));
    for (const [name, { described, remove }] of this.#offered) {
      const tool = listed.get(name);
      if (tool !== undefined && JSON.stringify(tool) === described) continue;
      this.#offered.delete(name);
      remove();
    }
    for (const [name, tool] of listed) {
      if (this.#offered.has(name)) continue;
      try {
        this.#offerOne(tool, names.get(name) ?? name);
      } catch (error) {
        // What cannot be offered hides no other; at the start it is the user's to know.
        if (first && error instanceof UsageError) throw hinted(error, tool);
        this.#tell(`the tool ${name} could not be offered: ${messageOf(error)}`);
      }
    }
  }

  #offerOne(tool: Tool, name: string): void {
    const { prefix, timeoutMs } = this.#options;
    const contract = contractOf(tool, timeoutMs);
    const handler = (input: unknown, call: HandlerCallLike): Promise<unknown> =>
      this.#call(tool, contract, input, call);
    const remove =
      prefix === undefined
        ? this.#session.implement(defineTools({ [name]: contract }), { [name]: handler })
        : this.#session.implement(defineTools({ [prefix]: { [name]: contract } }), { [prefix]: { [name]: handler } });
    const wireName = prefix === undefined ? name : `${prefix}.${name}`;
    this.#offered.set(tool.name, { described: JSON.stringify(tool), wireName, remove });
    if (name !== tool.name) this.#tell(`the tool ${tool.name} is offered as ${wireName}`);
  }

  async #call(tool: Tool, { effect }: ToolContract, input: unknown, call: HandlerCallLike): Promise<unknown> {
    const client = this.#client;
    if (client === undefined) {
      throw new ToolError("unavailable", "the MCP server is not there at present", { outcome: "not_started" });
    }
    try {
      return await client.callTool(
        { name: tool.name, arguments: argumentsOf(input) },
        { signal: call.signal, timeout: NO_TIMEOUT_MS, onprogress: (report) => call.progress(report) },
      );
    } catch (error) {
      // What was broken off has no answer of the server's.
      call.signal.throwIfAborted();
      throw this.#failure(error, effect);
    }
  }

  /** A server that has refused the request has run nothing. Whatever else failed says nothing of the effect. */
  #failure(error: unknown, effect: ToolContract["effect"]): unknown {
    const refused = error instanceof ProtocolError ? REFUSALS.get(error.code) : undefined;
    const message = `the MCP server: ${messageOf(error)}`;
    if (refused !== undefined) return new ToolError(refused, message, { outcome: "not_started", cause: error });
    const gone = this.#client === undefined;
    const outcome = effect === "once" ? "unknown" : "failed";
    return new ToolError(gone ? "unavailable" : "internal", message, { outcome, cause: error });
  }

  #withdraw(): void {
    for (const { remove } of this.#offered.values()) remove();
    this.#offered.clear();
  }

  #tell(sentence: string): void {
    this.#options.onProblem?.(sentence);
  }
}

/** What a handler uses of its call. */
interface HandlerCallLike {
  readonly signal: AbortSignal;
  readonly progress: (report: unknown) => void;
}

/** JSON-RPC's codes for what was not begun: no such method, and arguments that do not fit. */
const REFUSALS: ReadonlyMap<number, "unimplemented" | "invalid_argument"> = new Map([
  [-32601, "unimplemented"],
  [-32602, "invalid_argument"],
]);

function argumentsOf(input: unknown): Record<string, unknown> {
  // The contract takes objects alone.
  return typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};
}

function hinted(error: UsageError, tool: Tool): UsageError {
  if (effectOf(tool) !== "once") return error;
  return new UsageError(
    `${error.message} (The MCP server's tool ${tool.name} has no hint that it may be repeated, and so counts as once. A journal for such calls: connect(url, { journal: memoryJournal() }))`,
  );
}

async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  const timer = setTimeout(done, milliseconds);
  over.addEventListener("abort", done, { once: true });
  await promise;
  clearTimeout(timer);
  over.removeEventListener("abort", done);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
