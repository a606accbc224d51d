/**
 * What runs in the gateway's pool of threads.
 *
 * @module
 */
import { digestOf, tools } from "./contract.ts";

/** The tree that the handler's tool is of: with it a call is checked in the worker. */
export { tools };

/** The handler of `digest`. */
export function digest({ text }: { readonly text: string }): string {
  return digestOf(text);
}
