/**
 * Shares the gateway's tools with the child processes that the gateway starts inside a turn.
 *
 * @module
 */
import type { Grant, Share, ShareOptions } from "@turnmux/core";
import { RunningTurn } from "../lanes/run-turn.ts";
import type { House } from "./house.ts";
import { openLocalSession } from "./local.ts";

/** On whose behalf child processes call. What a handler is told of its call can be spread into it. */
export interface TurnToShare extends Grant {
  /** The turn's id, as it stands in `turn` of the children's calls. */
  readonly turn: string;
  /** The token of the running turn, such as `call.lineage`: with it the children's calls never wait for a lane that their turn has. */
  readonly lineage?: string | undefined;
  /** Ends it, such as `call.signal`. */
  readonly signal?: AbortSignal | undefined;
}

/** See `Gateway.share`. */
export async function shareTurn(house: House, of: RunningTurn | TurnToShare, options: ShareOptions): Promise<Share> {
  const { turn, lineage, signal, ...grant } = of instanceof RunningTurn ? grantOf(of) : of;
  const session = openLocalSession(house, grantOnly(grant));
  try {
    const share = await session.share(session.turn(turn, { lineage, signal }), options);
    void share.closed.then(() => session.close());
    if (of instanceof RunningTurn) void of.over.then(() => share.close("the turn that shared its session is over"));
    return share;
  } catch (error) {
    await session.close();
    throw error;
  }
}

function grantOf({ id, lineage, session, signal }: RunningTurn): TurnToShare {
  return { turn: id, lineage, signal, principal: session.principal, scopes: session.scopes };
}

/** Nothing else of what was spread. */
function grantOnly({ principal, scopes, expiresAt }: Grant): Grant {
  return { principal, scopes, expiresAt };
}
