/**
 * The thread of a journal in memory, which several threads of one process ask.
 *
 * @module
 */

import { type MessagePort, workerData } from "node:worker_threads";
import { type Journal, memoryJournal } from "@turnmux/core";
import type { MemorySettings, Opening, Operation, Reply, Request, Result, ThreadStart } from "./messages.ts";

// What the journal that started this thread has put there.
const { port, opened, settings } = workerData as ThreadStart<MemorySettings>;
const asking = new Set<MessagePort>();

async function open({ options, claims, settlements }: MemorySettings["contents"]): Promise<Journal> {
  const journal = memoryJournal(options);
  await journal.claim(claims);
  await journal.settle(settlements);
  return journal;
}

function serve(journal: Journal, each: MessagePort): void {
  asking.add(each);
  each.on("close", () => asking.delete(each));
  // One behind the other: answers come in the order of the questions.
  let last: Promise<void> = Promise.resolve();
  each.on("message", (request: Request) => {
    last = last.then(() => take(journal, each, request));
  });
}

async function take(journal: Journal, from: MessagePort, request: Request): Promise<void> {
  if ("close" in request) {
    for (const each of asking) each.close();
  } else if ("connect" in request) {
    serve(journal, request.connect);
    request.connect.unref();
  } else {
    const results: Result[] = [];
    for (const operation of request.operations) results.push(await answer(journal, operation));
    const reply: Reply = { results, commits: [] };
    from.postMessage(reply, []);
  }
}

async function answer(journal: Journal, operation: Operation): Promise<Result> {
  try {
    switch (operation.kind) {
      case "claim":
        return { kind: "claim", verdicts: await journal.claim(operation.claims) };
      case "settle":
        await journal.settle(operation.settlements);
        return { kind: "settle" };
      case "find":
        return { kind: "find", records: await journal.find(operation.queries) };
    }
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

serve(await open(settings.contents), port);
const opening: Opening = { ok: true };
port.postMessage(opening);
Atomics.store(opened, 0, 1);
Atomics.notify(opened, 0);
