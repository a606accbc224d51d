/**
 * A connection to an MCP server, of whichever revision.
 *
 * @module
 */
import { UsageError } from "@turnmux/core";
import { Client, ProtocolError, type Transport } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { McpProgram, McpTransport } from "./offering.ts";

/** What an MCP client says that knows the newer revision alone. */
const UNSUPPORTED_VERSION = -32022;

/** The revision without `initialize`. */
const MODERN = "2026-07-28";

/** The longest that a timer waits, in milliseconds: a call's own deadline ends it. */
export const NO_TIMEOUT_MS: number = 2 ** 31 - 1;

/** What {@link connectMcp} works with. */
export interface McpConnectionOptions {
  readonly server: McpProgram | McpTransport;
  /** How long it may take to start, in milliseconds: a package manager may have to fetch it first. */
  readonly startMs: number;
  /** Hears what the program writes to standard error. */
  readonly heard: (line: string) => void;
  readonly toolsChanged: () => void;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** True for a program, which can be started again. */
export function isProgram(server: McpProgram | McpTransport): server is McpProgram {
  return "command" in server && typeof server.command === "string";
}

/**
 * Connects: by `initialize` first, which every server before 2026-07-28 waits for, and anew without it where the server says that it knows nothing
 * else. It is not probed what a server speaks: one that takes long to start would fail the probe.
 */
export async function connectMcp(options: McpConnectionOptions): Promise<Client> {
  try {
    return await attempt(options, false);
  } catch (error) {
    if (!isProgram(options.server) || !isUnsupported(error)) throw error;
    return await attempt(options, true);
  }
}

async function attempt(options: McpConnectionOptions, modern: boolean): Promise<Client> {
  const { server, startMs, heard, toolsChanged, signal } = options;
  const client = new Client(
    { name: "turnmux", version: "0.1.0" },
    modern ? { versionNegotiation: { mode: { pin: MODERN } } } : {},
  );
  client.setNotificationHandler("notifications/tools/list_changed", toolsChanged);
  const transport = isProgram(server) ? start(server, heard) : transportOf(server);
  const abort = (): void => void transport.close().catch(() => {});
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect(transport, { timeout: startMs, signal });
    return client;
  } catch (error) {
    await transport.close().catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function start({ command, args = [], env, cwd }: McpProgram, heard: (line: string) => void): Transport {
  const parameters = { command, args: [...args], stderr: "pipe" as const };
  const transport = new StdioClientTransport({
    ...parameters,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...getDefaultEnvironment(), ...env } }),
  });
  transport.stderr?.on("data", (chunk: Buffer) => {
    for (const line of chunk.toString("utf8").split("\n")) if (line.trim() !== "") heard(line);
  });
  return transport;
}

/** Throws {@link UsageError} for what is no transport. */
function transportOf(transport: McpTransport): Transport {
  if ("send" in transport && typeof transport.send === "function") return transport as Transport;
  throw new UsageError("implementMcp() takes { command, args }, or a transport of MCP's SDK");
}

function isUnsupported(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === UNSUPPORTED_VERSION;
}
