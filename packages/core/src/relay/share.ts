/**
 * A session that is shared with other processes, as its owner sees it. What listens for them is in `@turnmux/share`.
 *
 * @module
 */
import type { Logger } from "../contract/tool-call.ts";
import type { RelayLimits } from "./relay.ts";

/** Limits of one shared turn. */
export interface ShareLimits extends RelayLimits {
  /** Processes that have a session over it at once. */
  readonly children: number;
  /** Connections at once that have not proved that they know the ticket; where one more comes, the oldest is let go. */
  readonly handshakes: number;
}

/** How a turn is shared. */
export interface ShareOptions {
  /**
   * What its children may do: some of the session's scopes. Default: all that the session may. With fewer, children see the tools alone that need
   * no others, and may ask about no calls but those of this turn's children.
   */
  readonly scopes?: readonly string[] | undefined;
  /** Ends it, as {@link Share.close} does. */
  readonly signal?: AbortSignal | undefined;
  /** Over the defaults: 64 children, 32 handshakes, 512 calls, 64 MiB of arguments. */
  readonly limits?: { readonly [K in keyof ShareLimits]?: ShareLimits[K] | undefined } | undefined;
  /** Default: silence. */
  readonly logger?: Logger | undefined;
}

/**
 * A turn that other processes of this user and machine may call tools for, over the session's own WebSocket.
 *
 * It ends by {@link close}, when its turn is cancelled or has ended, and with its session. Then its socket and its ticket are gone, and calls
 * of its children that are under way are cancelled.
 */
export interface Share {
  /**
   * For the environment of a child process: `spawn(command, { env: { ...process.env, ...share.env } })`. Whoever reads it has the turn's rights
   * until the turn is over: it belongs into no log.
   */
  readonly env: { readonly TURNMUX_SESSION: string };
  /** Where it listens: a Unix socket, or a named pipe on Windows. */
  readonly path: string;
  /** Processes that have a session over it at present. */
  readonly children: number;
  /** Resolves when it is over, and nothing is left of it. Never rejects. */
  readonly closed: Promise<void>;
  /** Ends it. Resolves when nothing is left of it. */
  close(message?: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
