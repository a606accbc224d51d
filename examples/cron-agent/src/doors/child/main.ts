/**
 * The child process: an ordinary program that knows nothing of the gateway. `connect()` finds the turn's session in its environment.
 *
 * @module
 */

import { connect, TurnmuxError } from "@turnmux/client";
import type { ChildCall, ChildReply } from "./messages.ts";

const session = await connect();

async function answer({ id, tool, args, key }: ChildCall): Promise<ChildReply> {
  try {
    return { id, result: (await session.call(tool, args, { key })) ?? null };
  } catch (error) {
    return { id, error: TurnmuxError.is(error) ? error.forModel() : String(error) };
  }
}

process.on("message", (call: ChildCall) => {
  void answer(call).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => void session.close());
