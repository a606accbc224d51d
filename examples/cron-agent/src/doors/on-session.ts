/**
 * The door of a turnmux session, wherever the session comes from: the session's own socket, a socket of turnmux's own,
 * or the same process.
 *
 * @module
 */

import type { Session } from "@turnmux/client";
import type { ToolDoor } from "./door.ts";

/** What the model gets to see of the catalog. */
const FOR_MODELS = /^cron\./;

/**
 * A door on this session, which it closes at the end. Calls have the deadlines of their tools, unless `timeoutFor` says
 * otherwise.
 */
export function onSession(
  session: Session,
  timeoutFor: (tool: string) => number | undefined = () => undefined,
): ToolDoor {
  let slowest: number | undefined;
  return {
    tools: async () => (await session.catalog()).filter(({ name }) => FOR_MODELS.test(name)),
    call: async (tool, args, { turn, lineage, key, signal }) => {
      const since = performance.now();
      let accepted: number | undefined;
      const onAccept = (): void => void (accepted ??= performance.now());
      try {
        const timeoutMs = timeoutFor(tool);
        // The model's own id names the call: the same key again gets the first call's result, and runs nothing twice.
        const options = { key: `${turn}/${key}`, signal, timeoutMs, onAccept };
        return await session.turn(turn, { lineage }).call(tool, args, options);
      } finally {
        // The end of a call says as much.
        slowest = Math.max(slowest ?? 0, (accepted ?? performance.now()) - since);
      }
    },
    acceptedMs: () => slowest,
    close: () => session.close(),
  };
}
