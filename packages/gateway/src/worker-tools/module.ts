/**
 * Loads the modules of worker tools, in a worker's thread.
 *
 * @module
 */

import type { ModuleReference } from "./messages.ts";

/** A handler as its module exports it: its contract says what it takes. */
export type LoadedHandler = (input: unknown, call: unknown) => unknown;

/** All exports of a module. Rejects as the module does, with the file in front. */
export async function importNamespace(url: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const namespace: unknown = await import(url);
    return namespace as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new Error(`${url} cannot be loaded`, { cause });
  }
}

/** The handler. Rejects with an error that names file and export. */
export async function loadHandler({ url, export: name }: ModuleReference): Promise<LoadedHandler> {
  const exported = (await importNamespace(url))[name];
  if (typeof exported === "function") return exported as LoadedHandler;
  const what = exported === undefined ? "there is none of that name" : "it is no function";
  throw new Error(`${url}: its export ${JSON.stringify(name)} is no handler: ${what}`);
}
