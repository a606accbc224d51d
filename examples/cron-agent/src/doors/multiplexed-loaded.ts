/**
 * turnmux on the session's own socket, on which long texts are being sent as other tools' results all the while.
 *
 * @module
 */

import { attach } from "@turnmux/client";
import { tools } from "../contract.ts";
import { TEXTS_AT_ONCE } from "../settings.ts";
import { longText, TEXTS } from "../text.ts";
import type { DoorContext, TextCounts, ToolDoor } from "./door.ts";
import { onSession } from "./on-session.ts";

/** Opens a door like {@link multiplexed}, and has texts sent beside its calls until it is closed. */
export function multiplexedLoaded({ socket }: DoorContext): ToolDoor {
  const session = attach(socket);
  const { text } = session.client(tools);
  const closing = new AbortController();
  const counts = { whole: 0, broken: 0 };
  let next = 0;

  const readOn = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const number = next++ % TEXTS;
      try {
        const arrived = await text.read({ number });
        if (arrived === longText(number)) counts.whole += 1;
        else counts.broken += 1;
      } catch {
        // One that does not come is broken. No further one would come, either.
        counts.broken += 1;
        return;
      }
    }
  };
  const reading = Array.from({ length: TEXTS_AT_ONCE }, () => readOn());

  return {
    ...onSession(session),
    texts: (): TextCounts => ({ ...counts }),
    close: async () => {
      // Those that are under way are awaited: how fast this machine is must not tell whether they arrive whole.
      closing.abort();
      await Promise.all(reading);
      await session.close();
    },
  };
}
