/**
 * A journal's thread, asked from another thread than the one that started it.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { Journal } from "@turnmux/core";
import { publish } from "../observe/diagnostics.ts";
import { AskedJournal } from "./asked.ts";
import type { Reply } from "./messages.ts";
import { Questions } from "./questions.ts";

/** A journal over a port that `JournalThread.connect` gave. Closing it closes the port alone. */
export function portJournal(name: string, durable: boolean, port: MessagePort): Journal {
  const questions = new Questions(
    port,
    () => {},
    (operations) => publish("journal", { event: "committed", fields: { operations } }),
  );
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
