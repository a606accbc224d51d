/**
 * Whom a client proves itself to.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "ws:": "80", "http:": "80", "wss:": "443", "https:": "443" };

/**
 * The audience of the gateway that answers at a URL: its host in lower case, and its port, also where that is the default.
 * For example `"gateway.example:443"`.
 *
 * Throws {@link UsageError} for what is no WebSocket URL with a host.
 */
export function audienceOf(url: string | URL): string {
  const audience = hostAndPort(url);
  if (audience === undefined) throw new UsageError("This is no WebSocket URL with a host: ws://… or wss://…");
  return audience;
}

/**
 * Whether a client that dialled this URL may answer a CHALLENGE with this audience: when it is the host and port
 * dialled, or one of `configured` (AUTH-005). Compared without regard to case.
 *
 * Any other audience is somebody in the middle, who passes on what another gateway asked; or the gateway is known by
 * another name, which has to be configured.
 */
export function acceptsAudience(
  audience: string,
  dialledUrl: string | URL,
  configured: readonly string[] = [],
): boolean {
  const named = audience.toLowerCase();
  if (named === hostAndPort(dialledUrl)) return true;
  return configured.some((name) => name.toLowerCase() === named);
}

function hostAndPort(url: string | URL): string | undefined {
  const parsed = parse(url);
  if (parsed === undefined || parsed.hostname === "") return undefined;
  const port = parsed.port === "" ? DEFAULT_PORTS[parsed.protocol] : parsed.port;
  return port === undefined ? undefined : `${parsed.hostname.toLowerCase()}:${port}`;
}

/** `URL.parse` is newer than some browsers. */
function parse(url: string | URL): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
