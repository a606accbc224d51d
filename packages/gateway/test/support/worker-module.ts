/** Handlers of worker tools, as the tests' threads load them. Without a package: a thread that loads none is there sooner. */
import type { WorkerHandler } from "@turnmux/gateway";
import type { workerTools } from "./worker-tools.ts";

type Tools = typeof workerTools;

export const facts: WorkerHandler<Tools["facts"]> = (_input, call) => ({
  tool: call.tool,
  callId: call.callId,
  key: call.key,
  turn: call.turn,
  lineage: call.lineage,
  principal: call.principal,
  scopes: [...call.scopes],
  trace: call.trace,
  meta: { ...call.meta },
  deadlineMs: call.deadlineMs,
  cancelled: call.cancelled,
});

export const echo: WorkerHandler<Tools["echo"]> = (input) => input;

/** The same octets for every call. */
const kept = new Uint8Array(64 * 1024).fill(7);

export const octets: WorkerHandler<Tools["octets"]> = (input) => {
  const seen = [...input.octets.subarray(0, 2), input.octets.length];
  return { seen, octets: kept };
};

export const say: WorkerHandler<Tools["say"]> = (input, { log, waiting, progress }) => {
  switch (input) {
    case "log":
      log.info("a line", { n: 1 });
      log.error("a line with what cannot be cloned", { fn: () => {}, error: new Error("inside") });
      return "said";
    case "many lines":
      for (let i = 0; i < 5_000; i++) log.debug("again");
      return "said";
    case "wait":
      waiting("for the auditors");
      return "said";
    case "progress":
      for (let i = 1; i <= 10_000; i++) progress(i);
      return "said";
    case "wrong progress":
      progress("no number" as unknown as number);
      return "said";
    default:
      return input;
  }
};

export const count: WorkerHandler<Tools["count"]> = async (input, call) => {
  for (let i = 1; i <= input.to; i++) {
    await call.item(i);
    call.progress(i);
  }
  return input.to;
};

export const yielded: WorkerHandler<Tools["yielded"]> = async function* yielded(input) {
  for (let i = 1; i <= input.to; i++) yield await Promise.resolve(i);
  return input.to;
};

export const unawaited: WorkerHandler<Tools["unawaited"]> = (input, call) => {
  const item = { n: 0 };
  for (let i = 1; i <= input.to; i++) {
    item.n = i;
    void call.item(item);
  }
  return "sent";
};

export const busy: WorkerHandler<Tools["busy"]> = async (how, call) => {
  call.progress("in");
  const { signal } = call;
  switch (how) {
    case "cancelled":
      while (!call.cancelled);
      return "saw it";
    case "signal":
      while (!signal.aborted);
      throw signal.reason;
    case "throwIfAborted":
      for (;;) signal.throwIfAborted();
    case "listener":
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return String(signal.reason);
    case "item":
      for (let i = 0; ; i++) await call.item(i);
    case "never":
      for (;;);
  }
};

export const die: WorkerHandler<Tools["die"]> = async (how) => {
  switch (how) {
    case "exit":
      process.exit(7);
    case "throw":
      setImmediate(() => {
        throw new Error("nobody catches this");
      });
      break;
    case "memory": {
      const filled: number[][] = [];
      for (;;) filled.push(Array.from<number>({ length: 500_000 }).fill(filled.length + 0.5));
    }
  }
  return await new Promise<string>(() => {});
};

export const job: WorkerHandler<Tools["job"]> = (input, call) => {
  if (input === "never") {
    call.progress("in");
    for (;;);
  }
  return `${input} by ${call.key}`;
};

export const noHandler = 7;
