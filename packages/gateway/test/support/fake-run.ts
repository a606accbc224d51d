/** A run of a worker tool whose thread does what the test does. */
import { lateStart, type HandlerCall } from "@turnmux/core";
import { receiveMessageOnPort } from "node:worker_threads";
import { Phase, post, Shared, type FromWorker, type Job } from "../../src/worker-tools/messages.ts";
import { ToolRun, type ToolFacts } from "../../src/worker-tools/tool-run.ts";
import { Log } from "./gateway.ts";

/** How long the handler has behind its cancellation. */
export const TERMINATE_AFTER_MS = 20;

const facts: ToolFacts = {
  module: { url: "file:///tools.js", export: "build", contract: undefined, tool: "build" },
  effect: "once",
  hasItems: true,
  hasOutput: true,
  terminateAfterMs: TERMINATE_AFTER_MS,
};

/** The run, and what its thread can do. `item` is what the call does with items. */
export function fakeRun(item: (value: unknown) => Promise<void> = () => Promise.resolve()) {
  const cancel = new AbortController();
  const call: HandlerCall = {
    tool: "build",
    callId: "c-1",
    key: "k-1",
    turn: undefined,
    lineage: undefined,
    principal: "alice",
    scopes: [],
    deadlineMs: undefined,
    trace: undefined,
    meta: {},
    signal: cancel.signal,
    log: new Log(),
    waiting: () => {},
    progress: () => {},
    item,
    [lateStart]: { queued: () => {}, begin: () => true },
  };
  const toolRun = new ToolRun(facts, { year: 2026 }, call);
  const thread = Promise.withResolvers<void>();
  let job: Job | undefined;
  let isEnded = false;
  const over = toolRun.start((given, _transfer, signal) => {
    job = given;
    signal.addEventListener("abort", () => {
      isEnded = true;
      thread.reject(new Error("ended"));
    });
    return thread.promise;
  });
  if (job === undefined) throw new Error("start() had nothing run");
  const { port, shared } = job;
  return {
    result: toolRun.result,
    over,
    cancel: () => cancel.abort(),
    begin: () => Atomics.compareExchange(shared, Shared.phase, Phase.waiting, Phase.begun),
    cancelled: () => Atomics.load(shared, Shared.cancelled),
    end: (value: unknown) => post(port, { kind: "end", ending: { kind: "result", value } }),
    say: (message: FromWorker) => post(port, message),
    /** What the thread was told since it was asked before. */
    heard: () => {
      const heard: unknown[] = [];
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        heard.push(next.message);
      }
      return heard;
    },
    free: thread.resolve,
    crash: thread.reject,
    isEnded: () => isEnded,
  };
}
