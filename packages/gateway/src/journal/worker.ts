/**
 * The thread of a journal: SQLite waits for the disk here, so that the gateway's event loop does not.
 *
 * It imports nothing but `node:*` and its neighbours, so that it runs from source as it does from the build.
 *
 * @module
 */

import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { JournalDatabase } from "./database.ts";
import type { Opening, Operation, Reply, Request, ThreadStart } from "./messages.ts";

/** How many operations share a commit at most, so that none waits for all the others of a busy time. */
const BATCH_OPERATIONS = 1024;

// What the journal that started this thread has put there.
const { port, opened, settings } = workerData as ThreadStart;

async function open(): Promise<JournalDatabase | undefined> {
  let opening: Opening = { ok: true };
  let database: JournalDatabase | undefined;
  try {
    // Here and not above: a Node without SQLite is one of the things that can be wrong.
    const { JournalDatabase } = await import("./database.ts");
    database = new JournalDatabase(settings);
  } catch (error) {
    opening = { ok: false, ...told(error) };
  }
  port.postMessage(opening);
  Atomics.store(opened, 0, 1);
  Atomics.notify(opened, 0);
  return database;
}

function told(error: unknown): { usage: boolean; message: string } {
  if (error instanceof Error && error.name === "Refusal") {
    return { usage: "usage" in error && error.usage === true, message: error.message };
  }
  if (error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_BUILTIN_MODULE") {
    return { usage: true, message: `sqliteJournal() needs Node 22.18 or later; this is Node ${process.versions.node}` };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { usage: false, message: `The journal "${settings.shownPath}" cannot be opened: ${message}` };
}

function serve(database: JournalDatabase): void {
  const asking = new Set([port]);
  const closeAll = (): void => {
    database.close();
    for (const each of asking) each.close();
  };
  const connect = (another: MessagePort): void => {
    asking.add(another);
    another.on("close", () => asking.delete(another));
    listen(another, database, connect, closeAll);
    // Whoever started this thread decides how long it is there.
    another.unref();
  };
  listen(port, database, connect, closeAll);
}

function listen(
  asking: MessagePort,
  database: JournalDatabase,
  connect: (another: MessagePort) => void,
  close: () => void,
): void {
  asking.on("message", (first: Request) => {
    let closing = false;
    let operations: Operation[] = [];
    const run = (): void => {
      if (operations.length === 0) return;
      const reply: Reply = database.run(operations);
      operations = [];
      asking.postMessage(reply, []);
    };
    // What has come meanwhile goes into the same commit.
    for (let request: Request | undefined = first; request !== undefined; request = next(asking)) {
      if ("close" in request) closing = true;
      else if ("connect" in request) connect(request.connect);
      else operations.push(...request.operations);
      if (operations.length >= BATCH_OPERATIONS) run();
    }
    run();
    if (closing) close();
  });
}

function next(asking: MessagePort): Request | undefined {
  // A port gives back what was posted to it: requests alone.
  return receiveMessageOnPort(asking)?.message as Request | undefined;
}

const database = await open();
if (database === undefined) port.close();
else serve(database);
