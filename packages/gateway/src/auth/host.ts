/**
 * Reading a `Host` header.
 *
 * @module
 */

/** A host, in lower case, and the port where one is given. */
export interface HostAndPort {
  readonly host: string;
  readonly port: string | undefined;
}

/** A name or IPv4 address, or an IPv6 address in brackets; then perhaps a port. Nothing else that a URL may have. */
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?$/;

/** Reads a `Host` header, or the same notation elsewhere. Undefined where it is absent or malformed. */
export function readHost(header: string | undefined): HostAndPort | undefined {
  const match = HOST.exec(header?.toLowerCase() ?? "");
  return match?.[1] === undefined ? undefined : { host: match[1], port: match[2] };
}
