/**
 * How a gateway's own endpoint is made.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import { UsageError } from "@turnmux/core";
import type { AllowedOrigins } from "../auth/origin.ts";
import type { ProofMethod } from "../auth/proof-method.ts";
import { checkCount } from "../check.ts";
import type { GatewaySession } from "../session/gateway-session.ts";
import type { UpgradeServer } from "./routes.ts";

/** A certificate with its key, and whatever else `node:tls` takes that is plain data. */
export interface TlsOptions {
  /** PEM, with the certificates between it and the root. */
  readonly cert: string | Uint8Array;
  /** PEM. */
  readonly key: string | Uint8Array;
  /** Of an encrypted key. */
  readonly passphrase?: string | undefined;
  readonly ca?: string | Uint8Array | undefined;
  readonly ciphers?: string | undefined;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/** Where methods of proof are, for a thread that loads them itself. */
export interface AuthModule {
  /** Such as `new URL("./auth.js", import.meta.url)`. */
  readonly module: URL | string;
  /** The name under which the module exports a method, or an array of them. Default: `"default"`. */
  readonly export?: string | undefined;
}

/** Options of `Gateway.listen`: on a server that is there already (`server`), or on one of its own (`port`). */
export interface ListenOptions {
  /** An HTTP or HTTPS server, listening or not. It stays its owner's; only upgrade requests for `path` are taken. */
  readonly server?: UpgradeServer | undefined;
  /** The port of a server of the gateway's own; 0 takes any that is free. */
  readonly port?: number | undefined;
  /** The address that a server of the gateway's own binds to. Default: `"127.0.0.1"`. */
  readonly host?: string | undefined;
  /** Default: `"/session"`. */
  readonly path?: string | undefined;
  /** Has the server of the gateway's own speak TLS. Not with `server`, which has its own. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Puts sockets, handshakes, keys and limits into a thread of their own, which owns the port and answers while this one is busy. Options
   * are plain data then: no `server`, and no functions in `auth`.
   */
  readonly ioThread?: boolean | undefined;
  /**
   * How clients prove who they are: `tokenAuth`, `ed25519Auth`, or a method of the application's own. With `ioThread` also a module that
   * exports methods, which the thread loads.
   */
  readonly auth: ProofMethod | readonly ProofMethod[] | AuthModule;
  /**
   * Who the gateway says it is, as host and port by which clients dial it, such as `["gateway.example:443"]`. Clients refuse to prove
   * themselves to anybody else (AUTH-005). Needed as soon as they dial another name than a loopback one.
   */
  readonly audience?: string | readonly string[] | undefined;
  /** Which web pages may connect. Default: `"same-host"`. */
  readonly origins?: AllowedOrigins | undefined;
  /** Connections without a session at once; more get HTTP 503. Default: 1,000. */
  readonly maxUnauthenticated?: number | undefined;
  /** The longest WebSocket message, in octets; a longer one closes the connection with 1009. Default: what `limits` can come to. */
  readonly maxPayload?: number | undefined;
  /** Called with every session of this endpoint, once it stands. What it throws is logged. */
  readonly onSession?: ((session: GatewaySession) => void) | undefined;
}

/** An endpoint of the gateway's own. */
export interface Endpoint {
  /** Resolves when connections are taken. Rejects when they cannot be, as when the port is in use; that is logged as well. */
  readonly ready: Promise<void>;
  /** Where the server listens, as Node says it; null while it does not. */
  address(): AddressInfo | string | null;
  /** The URL for clients on this machine, such as `"ws://127.0.0.1:4100/session"`. Throws `UsageError` before {@link ready}. */
  readonly url: string;
  /** Takes no more connections, closes those that are there (1001), and a server of its own. Resolves when all are closed. */
  close(message?: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HIGHEST_PORT = 65_535;
const DEFAULT_PATH = "/session";
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_MAX_UNAUTHENTICATED = 1_000;

/** The options with their defaults. `maxPayload` has its own, which depends on the limits. */
export interface ResolvedListenOptions {
  readonly place:
    | { readonly server: UpgradeServer; readonly port?: undefined }
    | {
        readonly server?: undefined;
        readonly port: number;
        readonly host: string;
        readonly tls: TlsOptions | undefined;
      };
  readonly path: string;
  readonly audience: readonly string[];
  readonly maxUnauthenticated: number;
}

/** Throws {@link UsageError} where an option is not what it should be. */
export function resolveListenOptions(options: ListenOptions): ResolvedListenOptions {
  const { server, port, host = DEFAULT_HOST, path = DEFAULT_PATH, audience = [] } = options;
  const { maxUnauthenticated = DEFAULT_MAX_UNAUTHENTICATED } = options;
  if (!/^\/[^?#\s]*$/.test(path)) throw new UsageError("listen(): path starts with / and has no query");
  checkCount("maxUnauthenticated", maxUnauthenticated);
  checkCount("maxPayload", options.maxPayload);
  const names = typeof audience === "string" ? [audience] : audience;
  for (const name of names) {
    if (!AUDIENCE.test(name)) {
      throw new UsageError(`listen(): audience is host and port, such as "gateway.example:443"; this is not: ${name}`);
    }
  }
  const rest = { path, audience: names, maxUnauthenticated };
  if (server !== undefined) {
    if (port !== undefined || options.host !== undefined || options.tls !== undefined) {
      throw new UsageError(
        "listen(): server has a port, host and certificate of its own: pass either server, or port and host, and tls",
      );
    }
    return { ...rest, place: { server } };
  }
  if (port === undefined) {
    throw new UsageError(
      options.ioThread === true
        ? "listen(): an I/O thread needs a port of its own: pass a port (0 takes any)"
        : "listen(): pass the server to listen on, or a port",
    );
  }
  if (!(Number.isInteger(port) && port >= 0 && port <= HIGHEST_PORT)) {
    throw new UsageError(`listen(): port is a whole number from 0 to ${HIGHEST_PORT}`);
  }
  const { tls } = options;
  // Node takes these, and then no client can connect.
  if (tls !== undefined && (tls.cert.length === 0 || tls.key.length === 0)) {
    throw new UsageError("listen(): tls.cert or tls.key is empty");
  }
  return { ...rest, place: { port, host, tls } };
}

/** The methods of proof. Throws {@link UsageError} for a module, which is for another thread to load. */
export function methodsOf(auth: ListenOptions["auth"]): ProofMethod | readonly ProofMethod[] {
  if ("module" in auth)
    throw new UsageError("listen(): auth: { module } is for ioThread: true; import it, and pass what it exports");
  return auth;
}

const AUDIENCE = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$/;
