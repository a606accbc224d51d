/**
 * What of `listen`'s options crosses to the I/O thread, and what is refused since it cannot.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";
import { authenticator } from "../auth/authenticator.ts";
import { authDataOf, type AuthData } from "../auth/portable.ts";
import type { ListenOptions, TlsOptions } from "../endpoint/options.ts";

/** A method of proof that the thread loads. */
export interface AuthModuleData {
  readonly kind: "module";
  readonly url: string;
  readonly name: string;
}

/** Options of `listen` as data. */
export interface ListenData {
  readonly port: number;
  readonly host: string | undefined;
  readonly tls: TlsOptions | undefined;
  readonly path: string | undefined;
  readonly auth: readonly AuthData[] | AuthModuleData;
  readonly audience: string | readonly string[] | undefined;
  readonly origins: ListenOptions["origins"];
  readonly maxUnauthenticated: number | undefined;
  readonly maxPayload: number | undefined;
}

/** Throws {@link UsageError} for what cannot cross threads, and says why. */
export function listenData(options: ListenOptions): ListenData {
  const { server, port, host, tls, path, audience, origins, maxUnauthenticated, maxPayload } = options;
  if (server !== undefined) {
    throw new UsageError(
      "listen({ ioThread: true }): a server belongs to the thread that made it, and cannot move to another one: pass port (and tls) instead",
    );
  }
  if (port === undefined) throw new UsageError("listen({ ioThread: true }): pass a port");
  const data: ListenData = {
    port,
    host,
    tls,
    path,
    auth: authOf(options.auth),
    audience,
    origins,
    maxUnauthenticated,
    maxPayload,
  };
  try {
    structuredClone(data);
  } catch (cause) {
    throw new UsageError(
      "listen({ ioThread: true }): options cross to another thread, so they must be plain data: no functions and no objects of classes",
      { cause },
    );
  }
  return data;
}

function authOf(auth: ListenOptions["auth"]): ListenData["auth"] {
  if ("module" in auth) return { kind: "module", url: moduleUrl(auth.module), name: auth.export ?? "default" };
  // For what it refuses: no method, or two of one name.
  authenticator(auth);
  return ("verify" in auth ? [auth] : auth).map((method) => {
    const data = authDataOf(method);
    if (data !== undefined) return data;
    throw new UsageError(
      `listen({ ioThread: true }): the method ${JSON.stringify(method.name)} of proof has functions, and functions cannot move to another thread: ` +
        'pass the keys as a record, or auth: { module: new URL("./auth.js", import.meta.url) }, which the thread loads',
    );
  });
}

function moduleUrl(module: URL | string): string {
  const url = module instanceof URL ? module.href : module;
  if (URL.canParse(url)) return url;
  throw new UsageError('listen(): auth.module is a URL, such as new URL("./auth.js", import.meta.url)');
}
