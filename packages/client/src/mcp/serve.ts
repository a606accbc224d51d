/**
 * MCP out: an MCP server whose tools are the gateway's.
 *
 * @module
 */
import type { Session } from "@turnmux/core";
import { McpServer, type CallToolResult, type ServerContext, type Tool } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport, type ServeStdioOptions } from "@modelcontextprotocol/server/stdio";
import { toolCallKey } from "../models/key.ts";
import { failureForModel, runTool } from "../models/run.ts";
import { inputSchemaOf, modelTools, type ModelTool } from "../models/tool-table.ts";
import { resultOf, structureOf } from "./results.ts";

/** How an MCP server is made. */
export interface ServeMcpOptions {
  /** Makes the session, and another one when that is over. The server closes it. */
  readonly session: () => Promise<Session>;
  /** The turn that its calls belong to. A session that is shared with this process has its turn anyway. Default: one for each ten minutes. */
  readonly turn?: string | undefined;
  /** Default: standard input and output. */
  readonly transport?: ServeStdioOptions["transport"];
  /** The server's name. Default: `turnmux`. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Hears why there are no tools, and of messages that are none. Default: nobody. */
  readonly log?: ((sentence: string) => void) | undefined;
}

/** An MCP server that runs. */
export interface McpServing {
  /** Resolves when its client has left, or it was closed, and its session is closed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds between attempts to get a session: at first, and at most. */
const RETRY_MS = 500;
const MOST_RETRY_MS = 30_000;

/**
 * How long the calls of one model count as a turn's, in milliseconds, where nobody names the turn. Within it a call that is repeated after an
 * unknown outcome joins the first one (KEY-010); a server that runs for days must not do so for ever.
 */
const TURN_MS = 600_000;

/**
 * Serves the gateway's tools as MCP, of the revisions 2025-11-25 and 2026-07-28. It answers its client at once: while the gateway is not there it has no
 * tools, and its client is told when that changes.
 *
 * Resolves when it listens.
 */
export async function serveMcp(options: ServeMcpOptions): Promise<McpServing> {
  const serving = new Serving(options);
  serving.start();
  return serving;
}

class Serving implements McpServing {
  readonly closed: Promise<void>;
  readonly #options: ServeMcpOptions;
  readonly #closed = Promise.withResolvers<void>();
  /** One for each era that a client tries. */
  readonly #servers = new Set<McpServer>();
  readonly #startedAt = performance.now();
  readonly #turnPrefix = `mcp-${crypto.randomUUID()}`;
  readonly #over = new AbortController();
  #session: Session | undefined;
  #close: () => Promise<void> = async () => {};

  constructor(options: ServeMcpOptions) {
    this.#options = options;
    this.closed = this.#closed.promise;
  }

  start(): void {
    const { transport = new StdioServerTransport(), log } = this.#options;
    const handle = serveStdio(() => this.#server(), { transport, onerror: (error) => log?.(error.message) });
    this.#close = () => handle.close();
    // The entry has set its own.
    const closed = transport.onclose;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- MCP's SDK has properties alone
    transport.onclose = () => {
      closed?.();
      void this.close();
    };
    void this.#connect();
  }

  async close(): Promise<void> {
    if (!this.#over.signal.aborted) {
      this.#over.abort();
      await this.#close().catch(() => {});
      await this.#session?.close();
      this.#closed.resolve();
    }
    await this.closed;
  }

  /** Has a session at all times, as far as that is possible. */
  async #connect(): Promise<void> {
    let waitMs = RETRY_MS;
    while (!this.#over.signal.aborted) {
      try {
        const session = await this.#options.session();
        waitMs = RETRY_MS;
        this.#session = session;
        if (this.#over.signal.aborted) break;
        session.addEventListener("offer", this.#changed);
        this.#changed();
        const { message } = await session.closed;
        this.#session = undefined;
        this.#changed();
        if (!this.#over.signal.aborted) this.#options.log?.(`the session is over: ${message}`);
      } catch (error) {
        this.#options.log?.(`there are no tools yet: ${error instanceof Error ? error.message : "no session"}`);
      }
      await this.#pause(waitMs);
      waitMs = Math.min(waitMs * 2, MOST_RETRY_MS);
    }
    await this.#session?.close();
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#over;
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  readonly #changed = (): void => {
    // A client that has not introduced itself yet asks anyway.
    for (const { server } of this.#servers) void server.sendToolListChanged().catch(() => {});
  };

  #server(): McpServer {
    const { name = "turnmux", version = "0" } = this.#options;
    const made = new McpServer({ name, version }, { capabilities: { tools: { listChanged: true } } });
    // The gateway has the tools: they are not registered here, and their arguments are checked there.
    const { server } = made;
    this.#servers.add(made);
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- MCP's SDK has properties alone
    server.onclose = () => this.#servers.delete(made);
    server.setRequestHandler("tools/list", async () => ({ tools: await this.#list() }));
    server.setRequestHandler("tools/call", (request, context) =>
      this.#call(request.params.name, request.params.arguments ?? {}, context),
    );
    return made;
  }

  async #list(): Promise<Tool[]> {
    const tools =
      this.#session === undefined ? [] : await modelTools(this.#session).catch(() => new Map<string, ModelTool>());
    return [...tools.values()].map(toolOf);
  }

  async #call(name: string, input: Record<string, unknown>, { mcpReq }: ServerContext): Promise<CallToolResult> {
    const session = this.#session;
    if (session === undefined) return failed("There is no gateway at present. It did not run; you may call it again.");
    let tool: ModelTool | undefined;
    try {
      tool = (await modelTools(session)).get(name);
    } catch (error) {
      return failed(failureForModel(error));
    }
    if (tool === undefined) return failed(`There is no tool ${name}. It did not run; do not call it again.`);
    const turn = session.turn(this.#turnId());
    const progress = new Progress(mcpReq);
    try {
      const result = await runTool(
        turn,
        tool,
        input,
        {
          key: toolCallKey(this.#options.turn ?? "mcp", toolUseId(mcpReq._meta)),
          signal: mcpReq.signal,
          onProgress: progress.report,
        },
        progress.report,
      );
      return resultOf(tool, result);
    } catch (error) {
      return failed(failureForModel(error));
    } finally {
      await progress.told;
    }
  }

  #turnId(): string {
    return this.#options.turn ?? `${this.#turnPrefix}-${Math.floor((performance.now() - this.#startedAt) / TURN_MS)}`;
  }
}

/**
 * The model's tool-call id, from clients that tell it: with it a call that is made again after a crash of this process joins the first one. A request's own id is
 * a count that each process begins anew.
 */
function toolUseId(meta: Readonly<Record<string, unknown>> | undefined): unknown {
  return meta?.["claudecode/toolUseId"] ?? meta?.["toolCallId"] ?? meta?.["tool_call_id"];
}

/** Progress notifications of one call, in order: all of them are told before its result is. */
class Progress {
  told: Promise<unknown> = Promise.resolve();
  readonly #request: ServerContext["mcpReq"];
  #count = 0;

  constructor(request: ServerContext["mcpReq"]) {
    this.#request = request;
  }

  readonly report = (report: unknown): void => {
    const progressToken = this.#request._meta?.progressToken;
    if (progressToken === undefined) return;
    this.#count += 1;
    const { progress, total, message } = numbersOf(report);
    const params = { progressToken, progress: progress ?? this.#count, total, message };
    this.told = this.told
      .then(() => this.#request.notify({ method: "notifications/progress", params }))
      // Its client is gone.
      .catch(() => {});
  };
}

/** What a report says in MCP's own terms, where it does; and all of it as text. */
function numbersOf(report: unknown): { progress?: number; total?: number; message: string } {
  const message = typeof report === "string" ? report : JSON.stringify(report ?? null);
  if (typeof report === "number") return { progress: report, message };
  if (typeof report !== "object" || report === null) return { message };
  const progress: unknown = Reflect.get(report, "progress");
  const total: unknown = Reflect.get(report, "total");
  const said: unknown = Reflect.get(report, "message");
  return {
    ...(typeof progress === "number" ? { progress } : {}),
    ...(typeof total === "number" ? { total } : {}),
    message: typeof said === "string" ? said : message,
  };
}

function failed(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

/**
 * A tool as MCP describes it. `once` is neither idempotent nor harmless; what an idempotent tool does may still destroy something, which turnmux does not
 * know, so that nothing is said of it. Whether a tool reaches beyond the gateway is not known either.
 */
function toolOf(tool: ModelTool): Tool {
  const { description, effect, modelName: name, streams } = tool;
  const readOnly = effect === "read";
  const output = streams ? undefined : structureOf(tool.output);
  return {
    name,
    description,
    inputSchema: { ...inputSchemaOf(tool), type: "object" },
    ...(output === undefined ? {} : { outputSchema: { ...output, type: "object" } }),
    annotations: {
      readOnlyHint: readOnly,
      ...(readOnly ? {} : { idempotentHint: effect === "idempotent" }),
    },
  };
}
