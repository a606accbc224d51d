/**
 * What `session.implementMcp` takes and gives. It names nothing of MCP's SDK, which need not be installed.
 *
 * @module
 */

/** An MCP server that is a program beside this process. */
export interface McpProgram {
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /**
   * Its environment, on top of the little that MCP's SDK passes on by itself (`PATH`, `HOME` and the like). What else it needs has to be named.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
}

/** A transport of MCP's SDK, which nobody has started. */
export interface McpTransport {
  start(): Promise<void>;
  close(): Promise<void>;
}

/** How the tools of an MCP server are offered. */
export interface ImplementMcpOptions {
  /** Goes before each name: with `fs` the tool `read_file` is `fs.read_file`. Default: nothing. */
  readonly prefix?: string | undefined;
  /** The server's names of the tools that are offered. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** The deadline of a call whose caller gives none, in milliseconds. Default: the gateway session's. */
  readonly timeoutMs?: number | undefined;
  /** How long the server may take to start, in milliseconds. Default: 120,000; a package manager may have to fetch it first. */
  readonly startMs?: number | undefined;
  /** Hears of what could not be offered, of restarts, and of what the server writes to standard error. Default: nobody. */
  readonly onProblem?: ((sentence: string) => void) | undefined;
}

/** The tools of an MCP server, while they are offered. */
export interface McpTools {
  /** Their names on the wire, at present. */
  readonly tools: readonly string[];
  /** Resolves when they are taken away for good: by {@link close}, with the session, or since the server does not start any more. */
  readonly closed: Promise<void>;
  /** Takes them away and ends the server. Resolves when nothing is left of it. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
