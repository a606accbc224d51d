/**
 * A journal's thread, asked from another thread than the one that started it.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { Journal } from "@turnmux/core";
import { AskedJournal } from "./asked.ts";
import type { Reply } from "./messages.ts";
import { Questions } from "./questions.ts";

/**
 * A journal over a port that `JournalThread.connect` gave, and one that refuses everything where that gave none. Closing it closes the port
 * alone. `committed` hears how many operations became durable at once.
 */
export function portJournal(
  name: string,
  durable: boolean,
  port: MessagePort | undefined,
  committed: (operations: number) => void,
): Journal {
  if (port === undefined) {
    const ask = (): Promise<never> => Promise.reject(new Error("The journal is closed, or its thread has ended."));
    return new AskedJournal(name, durable, { ask, close: () => Promise.resolve() });
  }
  const questions = new Questions(port, () => {}, committed);
  port.on("message", (reply: Reply) => questions.take(reply));
  port.on("close", () => questions.fail(new Error("The thread of the journal has ended: restart the gateway.")));
  port.unref();
  return new AskedJournal(name, durable, {
    ask: (operation) => questions.ask(operation),
    close: () => {
      port.close();
      return Promise.resolve();
    },
  });
}
