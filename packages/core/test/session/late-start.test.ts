/** Handlers that wait for their turn somewhere else before they begin, and what stands in for those that only say what is to run. */
import { describe, expect, it, test } from "vitest";
import { lateStart, ToolRegistry, UsageError, type HandlerCall } from "../../src/index.ts";
import { kit, kitWorld, watch } from "../support/kit.ts";

/** What ACCEPT said of a call. */
interface Said {
  readonly state: string;
  readonly reason?: string | undefined;
  readonly place?: number | undefined;
}

/** A handler of the kit that waits for its turn at the second place, and begins when it is told to. */
function waiting() {
  let given: HandlerCall | undefined;
  const finish = Promise.withResolvers<unknown>();
  // For tools of every effect; what the registry calls has a late start, and no handler's type shows it.
  const handler = (_input: unknown, call: unknown): Promise<unknown> => {
    given = call as HandlerCall;
    given[lateStart].queued("two are at work", 2);
    const { signal } = given;
    signal.addEventListener("abort", () => finish.reject(signal.reason));
    return finish.promise;
  };
  return { handler, begin: () => given?.[lateStart].begin(), finish: finish.resolve };
}

describe("a handler that waits for its turn somewhere else", () => {
  it("is said to be queued with its place, and to run once it begins", async () => {
    const { handler, begin, finish } = waiting();
    const { client, time } = await kitWorld({ set: handler });
    const said: Said[] = [];
    const call = watch(
      client.client(kit).set(1, { onAccept: ({ state, reason, place }) => said.push({ state, reason, place }) }),
    );
    await time.settle();
    expect(said).toEqual([{ state: "queued", reason: "two are at work", place: 2 }]);
    begin();
    await time.settle();
    finish("done");
    await time.settle();
    expect(said.slice(1)).toEqual([{ state: "running", reason: undefined, place: undefined }]);
    expect(call.said).toBe('ok: "done"');
  });

  it("counts as not started until then, and as started from then on", async () => {
    const first = waiting();
    const second = waiting();
    const { client, time } = await kitWorld({ set: first.handler, add: second.handler });
    const queued = watch(client.client(kit).set(1, { timeoutMs: 100 }));
    const begun = watch(client.client(kit).add(1, { timeoutMs: 100 }));
    await time.settle();
    second.begin();
    await time.advance(100);
    expect([queued.said, begun.said]).toEqual(["deadline_exceeded, not_started", "deadline_exceeded, unknown"]);
  });

  it("is not said to be looked at by interceptors once they have passed it on", async () => {
    const { handler, finish } = waiting();
    const { client, time } = await kitWorld({ set: handler }, { gatewayInterceptors: [(call, next) => next(call)] });
    const said: (string | undefined)[] = [];
    watch(client.client(kit).set(1, { onAccept: ({ reason }) => said.push(reason) }));
    await time.settle();
    finish("done");
    await time.settle();
    expect(said.at(-1)).toBe("two are at work");
  });
});

test("what stands in for a handler runs in its place, also that of a `once` tool with a reconcile, and in registries of sessions", () => {
  const seen: unknown[] = [];
  const registry = new ToolRegistry({
    hasJournal: true,
    standIn: (name, contract, handler) => {
      seen.push([name, contract.effect, handler]);
      return handler === add ? () => "instead" : undefined;
    },
  });
  const own = new ToolRegistry({ hasJournal: true, parent: registry });
  const add = (): string => "itself";
  const look = (): string => "itself";
  const { list } = { list: () => "none" };
  own.implement(kit, { look, set: look, add: { run: add, reconcile: () => ({ outcome: "unknown" }) }, list });
  expect(seen).toEqual([
    ["look", "read", look],
    ["set", "idempotent", look],
    ["add", "once", add],
    ["list", "read", list],
  ]);
  const call = {} as HandlerCall;
  expect([own.get("add")?.handler(1, call), own.get("look")?.handler(1, call)]).toEqual(["instead", "itself"]);
});

test("what refuses to stand in for a handler leaves the tree unimplemented", () => {
  const registry = new ToolRegistry({
    hasJournal: true,
    standIn: (name) => {
      if (name === "add") throw new UsageError("there is no such file");
      return undefined;
    },
  });
  const handler = () => "itself";
  expect(() => registry.implement(kit, { look: handler, set: handler, add: handler, list: handler })).toThrow(
    /no such file/,
  );
  expect([...registry.all()]).toEqual([]);
});
