/**
 * The URL of an endpoint for clients on this machine.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import { UsageError } from "@turnmux/core";

const ANY_ADDRESS: ReadonlySet<string> = new Set(["::", "0.0.0.0"]);

/** Throws {@link UsageError} where the endpoint listens on no port. */
export function urlOf(address: AddressInfo | string | null, secure: boolean, path: string): string {
  if (address === null || typeof address === "string") {
    throw new UsageError("The endpoint listens on no port: wait for `ready`");
  }
  const host = ANY_ADDRESS.has(address.address) ? "localhost" : address.address;
  return `${secure ? "wss" : "ws"}://${host.includes(":") ? `[${host}]` : host}:${address.port}${path}`;
}
