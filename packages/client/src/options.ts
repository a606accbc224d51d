/**
 * What a user may say about a session, and what becomes of it.
 *
 * @module
 */
import {
  resolveLimits,
  UsageError,
  type Interceptor,
  type Journal,
  type Limits,
  type Logger,
  type WebSocketLike,
  type WsLike,
} from "@turnmux/core";
import type { ClientAuth } from "./auth/client-auth.ts";
import type { ClientPart } from "./parts.ts";
import type { BackoffOptions } from "./connection/backoff.ts";

/** A WebSocket of the `ws` package, or a standard one as browsers and Node have it. */
export type ClientSocket = WsLike | WebSocketLike;

/** Makes the socket for one attempt to connect. */
export type WebSocketFactory = (
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
) => ClientSocket;

/** How a session that lost its connection gets another one. */
export interface ReconnectOptions extends BackoffOptions {
  /** How long one outage may last before the session ends, in milliseconds. Default: no end. */
  readonly giveUpMs?: number | undefined;
}

/** What `connect` and `attach` have in common. */
export interface SharedOptions {
  /**
   * Names of the gateway beside the host and port that were dialled, for example `"gateway.example:443"`. Needed where a
   * proxy in between has another name (AUTH-005).
   */
  readonly audience?: readonly string[] | undefined;
  /**
   * The form of turnmux's messages. `"text"` for whatever takes JSON text only; in a browser it needs its part. Default:
   * `"binary"`.
   */
  readonly carriage?: "binary" | "text" | undefined;
  /**
   * Parts that a browser does not load by itself: `textCarriage` of `@turnmux/client/text`, `wrappedCarriage` of
   * `@turnmux/client/wrapped`, `implementing` of `@turnmux/client/implement`. In Node all of them are there.
   */
  readonly parts?: readonly ClientPart[] | undefined;
  /** Over the defaults of `docs/spec.md` section 13. */
  readonly limits?: Partial<Limits> | undefined;
  /** Around every call of either direction, the first one outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Records calls of `once` tools that this side implements. Without one it cannot implement any (KEY-006). */
  readonly journal?: Journal | undefined;
  /** Default: silence. */
  readonly logger?: Logger | undefined;
  /** The deadline of a call whose caller and tool give none, in milliseconds. Default: 60,000; tools with items have none. */
  readonly timeoutMs?: number | undefined;
  /** How long a call waits to be accepted where its caller does not say, in milliseconds. Default: no limit of its own. */
  readonly acceptTimeoutMs?: number | undefined;
  /** Cancels connecting, and closes the session. */
  readonly signal?: AbortSignal | undefined;
  /** The name of this client in the gateway's logs. */
  readonly agent?: string | undefined;
}

/** What `connect` takes. */
export interface ConnectOptions extends SharedOptions {
  /** Proves who this client is: `sharedToken`, `deviceKey`, or a method of your own. */
  readonly auth?: ClientAuth | Promise<ClientAuth> | undefined;
  /** How a lost connection is made anew; false ends the session with its connection. Default: see {@link ReconnectOptions}. */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** How long to go on trying until the session stands, in milliseconds. Default: one attempt. */
  readonly connectTimeoutMs?: number | undefined;
  /** Makes the sockets. Default: those of `ws` in Node, and the browser's own. */
  readonly webSocket?: WebSocketFactory | undefined;
  /** Further headers of the HTTP request. Not in browsers, whose WebSocket takes none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What `attach` takes. */
export interface AttachOptions extends SharedOptions {
  /** Needed where the gateway asks for a proof although the socket is the host's. */
  readonly auth?: ClientAuth | undefined;
  /**
   * How long the session waits for the host's next socket when one is gone, in milliseconds, or `Infinity`. Calls wait as
   * well, within their deadlines. Default: 0, the session ends with its socket.
   */
  readonly waitMs?: number | undefined;
}

/** Checks the options that `connect` and `attach` have in common. Throws {@link UsageError}. */
export function checkShared(options: SharedOptions): Limits {
  checkMs("timeoutMs", options.timeoutMs);
  checkMs("acceptTimeoutMs", options.acceptTimeoutMs);
  const { carriage } = options;
  if (carriage !== undefined && carriage !== "binary" && carriage !== "text") {
    throw new UsageError('carriage must be "binary" or "text"');
  }
  if (!isParts(options.parts ?? [])) {
    throw new UsageError(
      "parts must be an array of these: textCarriage of @turnmux/client/text, wrappedCarriage of @turnmux/client/wrapped, implementing of @turnmux/client/implement",
    );
  }
  return resolveLimits(options.limits);
}

/** Callers that no types check pass texts, modules that are not there, and functions. */
function isParts(parts: readonly (ClientPart | undefined)[]): boolean {
  return (
    Array.isArray(parts) &&
    parts.every(
      (part: ClientPart | undefined) => part?.carriage?.name !== undefined || typeof part?.implement === "function",
    )
  );
}

/** Throws {@link UsageError} for what is no number of milliseconds: `least` or more, or else more than 0. */
export function checkMs(name: string, value: number | undefined, least: number = Number.MIN_VALUE): void {
  if (value === undefined || (typeof value === "number" && value >= least)) return;
  throw new UsageError(`${name} must be a number of milliseconds, ${least === 0 ? "at least" : "more than"} 0`);
}
