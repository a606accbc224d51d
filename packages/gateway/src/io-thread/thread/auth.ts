/**
 * Methods of proof as the I/O thread makes them.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";
import { ed25519Auth } from "../../auth/ed25519.ts";
import type { AuthData } from "../../auth/portable.ts";
import type { ProofMethod } from "../../auth/proof-method.ts";
import { tokenAuth } from "../../auth/token.ts";
import type { AuthModuleData, ListenData } from "../listen-data.ts";

/** The methods that the data describe. Rejects where a module cannot be loaded, or exports no method. */
export async function methodsOf(auth: ListenData["auth"]): Promise<ProofMethod | readonly ProofMethod[]> {
  return "kind" in auth ? load(auth) : auth.map(methodOf);
}

function methodOf(data: AuthData): ProofMethod {
  return data.kind === "token" ? tokenAuth({ tokens: data.tokens }) : ed25519Auth({ keys: data.keys });
}

async function load({ url, name }: AuthModuleData): Promise<ProofMethod | readonly ProofMethod[]> {
  const what = `listen(): auth.module ${url}`;
  let module: unknown;
  try {
    module = await import(url);
  } catch (cause) {
    throw new UsageError(`${what} cannot be loaded`, { cause });
  }
  const found: unknown = isRecord(module) ? module[name] : undefined;
  if (isMethod(found)) return found;
  if (Array.isArray(found) && found.length > 0 && found.every(isMethod)) return found;
  throw new UsageError(`${what} must export a method of proof, or an array of them, as ${JSON.stringify(name)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isMethod(value: unknown): value is ProofMethod {
  return isRecord(value) && typeof value["name"] === "string" && typeof value["verify"] === "function";
}
