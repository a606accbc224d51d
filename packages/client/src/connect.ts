/**
 * A session on a WebSocket of turnmux's own.
 *
 * @module
 */
import { UsageError, type Limits } from "@turnmux/core";
import { acceptsAudience, audienceOf } from "./auth/audience.ts";
import { ClientSession } from "./client-session.ts";
import { Connector } from "./connection/connector.ts";
import { connectError } from "./connection/ending.ts";
import {
  closeOnAbort,
  publishStates,
  sessionOptions,
  settingsOf,
  tellLag,
  throwIfAborted,
} from "./connection/settings.ts";
import { checkMs, checkShared, type ConnectOptions } from "./options.ts";
import type { Platform, Target } from "./platform/platform.ts";

/** What one message of a gateway may hold beyond the largest body, in octets. A gateway sends far less. */
const MESSAGE_OVERHEAD = 2 ** 20;

/** Makes `connect` for a platform. */
export function connectOn(platform: Platform, url: string | URL, options: ConnectOptions): Promise<ClientSession> {
  return connectTo(platform, options, (limits) => {
    const { audience, headers = {}, carriage = "binary", webSocket } = options;
    const dialled = webSocketUrl(url);
    const maxPayload = limits.message + MESSAGE_OVERHEAD;
    return {
      target: { url: dialled.href, carriage, headers, maxPayload, webSocket },
      where: `${dialled.protocol}//${dialled.host}${dialled.pathname}`,
      acceptsAudience: (named) => acceptsAudience(named, dialled, audience),
    };
  });
}

/** Where a session is to be had. */
export interface Destination {
  readonly target: Target;
  /** How it is called in logs and errors. */
  readonly where: string;
  readonly acceptsAudience: (audience: string) => boolean;
}

/** Opens a session at a destination, which is told after the options were checked. */
export async function connectTo(
  platform: Platform,
  options: ConnectOptions,
  destinationOf: (limits: Limits) => Destination,
): Promise<ClientSession> {
  const { signal, reconnect = true, connectTimeoutMs } = options;
  const { target, where, acceptsAudience } = destinationOf(checkShared(options));
  checkMs("connectTimeoutMs", connectTimeoutMs);
  if (typeof reconnect === "object") checkMs("reconnect.giveUpMs", reconnect.giveUpMs, 0);
  platform.check?.(options);
  throwIfAborted(signal);
  const auth = await options.auth;
  throwIfAborted(signal);
  const settings = settingsOf(options, platform, auth, acceptsAudience);
  const connector = new Connector({
    platform,
    settings,
    target,
    where,
    reconnect: reconnect === true ? {} : reconnect,
    connectTimeoutMs,
  });
  const session = new ClientSession(sessionOptions(options, settings, reconnect !== false), connector);
  const standing = new Promise<boolean>((resolve) => {
    session.addEventListener("offer", () => {
      connector.ready();
      resolve(true);
    });
    void session.closed.then(() => resolve(false));
  });
  session.addEventListener("state", ({ detail }) => {
    if (detail.resumed === true) connector.ready();
  });
  session.addEventListener("drain", ({ detail }) => connector.draining(detail.retryAfterMs));
  publishStates(session, settings);
  tellLag(platform, session.closed);
  closeOnAbort(signal, session.closed, (message) => connector.close(message));
  connector.start();
  if (await standing) return session;
  const end = await session.closed;
  throwIfAborted(signal);
  throw connectError(end, where, connector.lastCause);
}

/** `http` and `https` mean `ws` and `wss`. Throws {@link UsageError}. */
function webSocketUrl(url: string | URL): URL {
  audienceOf(url);
  const parsed = new URL(url);
  parsed.hash = "";
  if (parsed.protocol === "http:") parsed.protocol = "ws:";
  else if (parsed.protocol === "https:") parsed.protocol = "wss:";
  if (parsed.protocol === "ws:" || parsed.protocol === "wss:") return parsed;
  throw new UsageError("This is no WebSocket URL with a host: ws://… or wss://…");
}
