/**
 * What several cases about behaviour need.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Context } from "../../suite/context.ts";
import type { DrivenCall, PeerCallOptions, Settled } from "../../suite/driven.ts";

/** A session without a wire. */
export interface Local {
  call(options: PeerCallOptions & { readonly tool: string }): DrivenCall;
}

/** Makes a call and waits for its end. */
export function settle(local: Local, options: PeerCallOptions & { readonly tool: string }): Promise<Settled> {
  return local.call(options).settled();
}

/** Makes a call that has to fail with this code and outcome. */
export async function fails(
  t: Context,
  local: Local,
  options: PeerCallOptions & { readonly tool: string },
  [code, outcome]: readonly [code: string, outcome: string],
  clause?: string,
): Promise<Settled> {
  const settled = await settle(local, options);
  t.equal([settled.ok, settled.code, settled.outcome], [false, code, outcome], `How ${options.tool} ended`, clause);
  return settled;
}

/** A name that nobody else uses, for a key or a counter. */
export function fresh(): string {
  return randomBytes(16).toString("hex");
}
