/**
 * How the process that measures steers the gateway's process: over the IPC channel of `fork`, which is no connection
 * to the gateway and so disturbs no figure.
 *
 * @module
 */

import type { ModelSettings } from "../turn/model.ts";
import type { GatewayOptions, GatewayState, Said, TurnTaken } from "./agent-gateway.ts";

/** What can be asked, and what the answer is. */
export interface ControlOps {
  start: { args: GatewayOptions; result: { url: string; threadUrl: string | undefined } };
  say: { args: { session: string; text: string }; result: Said };
  take: { args: { session: string; text: string; model: ModelSettings }; result: TurnTaken };
  settle: { args: null; result: GatewayState };
  stop: { args: null; result: null };
}

export type ControlOp = keyof ControlOps;

/** A question, as it crosses to the gateway's process. */
export type ControlRequest = {
  [Op in ControlOp]: { readonly id: number; readonly op: Op; readonly args: ControlOps[Op]["args"] };
}[ControlOp];

/** Its answer. */
export type ControlReply =
  | { readonly id: number; readonly result: ControlOps[ControlOp]["result"] }
  | { readonly id: number; readonly error: string };
