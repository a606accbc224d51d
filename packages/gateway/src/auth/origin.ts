/**
 * Which web pages may connect.
 *
 * @module
 */

import { readHost } from "./host.ts";

/**
 * Origins that may connect: those of the gateway's own host; any page at all; or a list such as
 * `["https://app.example", "same-host"]`.
 */
export type AllowedOrigins = "same-host" | "any" | readonly string[];

/**
 * Whether a WebSocket upgrade with this `Origin` header may go on.
 *
 * A browser lets every page open a WebSocket to any host, and sends the page's origin along: this check keeps other pages
 * out. Without the header the client is no browser, and passes: its proof decides.
 *
 * `"same-host"`, the default, compares with the `Host` header, also the port, not the scheme (which ends at a proxy). It cannot
 * see a name that an attacker has pointed at this machine (DNS rebinding); a list without `"same-host"` can. An opaque
 * origin, `null`, passes with `"any"` and where the list has `"null"`.
 */
export function checkOrigin(origin: string | undefined, allowed: AllowedOrigins = "same-host", host?: string): boolean {
  if (origin === undefined || allowed === "any") return true;
  if (allowed === "same-host") return isSameHost(origin, host);
  const canonical = canonicalOrigin(origin);
  return allowed.some((entry) =>
    entry === "same-host" ? isSameHost(origin, host) : canonicalOrigin(entry) === canonical,
  );
}

function isSameHost(origin: string, hostHeader: string | undefined): boolean {
  const page = parse(origin);
  const own = readHost(hostHeader);
  if (page === undefined || own === undefined || page.hostname === "") return false;
  const defaultPort = page.protocol === "http:" ? "80" : "443";
  return page.hostname.toLowerCase() === own.host && (page.port || defaultPort) === (own.port ?? defaultPort);
}

/** Lower case, without the default port; what is no URL of the web (`null`, an extension's) stays as it is. */
function canonicalOrigin(origin: string): string {
  const parsed = parse(origin)?.origin ?? "null";
  return parsed === "null" ? origin.toLowerCase().replace(/\/$/, "") : parsed;
}

function parse(url: string): URL | undefined {
  return URL.parse(url) ?? undefined;
}
