/**
 * Who the gateway says it is.
 *
 * @module
 */

import { readHost } from "./host.ts";

/** What a gateway answers to without being told: nobody else can answer there. */
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The audience to put into CHALLENGE (AUTH-007), or undefined where the gateway must be told its name first.
 *
 * - With `configured` names, such as `["gateway.example:443"]`: the one that the client dialled by its `Host` header, else the
 *   first.
 * - Without: only where the client dialled a loopback name at the bound port.
 *
 * It never repeats a `Host` header as such: whoever sits in the middle writes that header, and would have the gateway vouch for
 * the name under which the client reached *them*.
 */
export function chooseAudience(
  configured: readonly string[] | undefined,
  hostHeader: string | undefined,
  localPort: number,
): string | undefined {
  const dialled = readHost(hostHeader);
  // A header without a port means the default one, and which that is depends on a scheme that may have ended at a proxy.
  const ports = dialled?.port === undefined ? ["443", "80"] : [dialled.port];
  if (configured !== undefined && configured.length > 0) {
    const names = ports.map((port) => `${dialled?.host}:${port}`);
    return configured.find((name) => names.includes(name.toLowerCase())) ?? configured[0];
  }
  if (dialled === undefined || !LOOPBACK.has(dialled.host) || !ports.includes(String(localPort))) return undefined;
  return `${dialled.host}:${localPort}`;
}
