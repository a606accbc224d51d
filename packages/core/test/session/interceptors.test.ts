import { describe, expect, it } from "vitest";
import { ToolError, TurnmuxError, type InterceptedCall, type Interceptor } from "../../src/index.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import type { WorldOptions } from "../support/world.ts";

type Side = "clientInterceptors" | "gatewayInterceptors";

function on(side: Side, ...interceptors: Interceptor[]): WorldOptions {
  return { [side]: interceptors };
}

describe.each<[string, Side]>([
  ["the caller", "clientInterceptors"],
  ["the side that runs the handler", "gatewayInterceptors"],
])("interceptors of %s", (_whose, side) => {
  it("stand around the call in their order, the first one outermost", async () => {
    const seen: string[] = [];
    const named =
      (name: string): Interceptor =>
      async (call, next) => {
        seen.push(`${name} before`);
        const result = await next(call);
        seen.push(`${name} after`);
        return result;
      };
    const { client, time } = await kitWorld({ look: () => seen.push("handler") }, on(side, named("a"), named("b")));
    watch(client.client(kit).look(1));
    await time.settle();
    expect(seen).toEqual(["a before", "b before", "handler", "b after", "a after"]);
  });

  it("may change the input, the trace and the meta, and the result", async () => {
    const seen: unknown[] = [];
    const change: Interceptor = async (call, next) => {
      const result = await next({ ...call, input: 2, trace: "00-a", meta: { ...call.meta, added: "yes" } });
      return [result, "changed"];
    };
    const { client, time } = await kitWorld(
      { look: (input, { trace, meta }) => seen.push(input, trace, meta) },
      on(side, change),
    );
    const call = watch(client.client(kit).look(1, { meta: { given: "yes" } }));
    await time.settle();
    expect(seen).toEqual([2, "00-a", { given: "yes", added: "yes" }]);
    expect(call.said).toBe('ok: [3,"changed"]');
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      "with a tool error",
      () => Promise.reject(new ToolError("permission_denied", "Ask first.")),
      "permission_denied, not_started",
    ],
    ["with any error", () => Promise.reject(new Error("secret")), "internal, not_started"],
    [
      "by throwing at once",
      () => {
        throw new Error("secret");
      },
      "internal, not_started",
    ],
  ])("refuse %s, and the handler does not run", async (_how, refuse, said) => {
    const { handler, runs } = gate();
    const { client, time } = await kitWorld(
      { set: handler, list: async () => String(await handler()) },
      on(side, refuse),
    );
    const call = watch(client.client(kit).set(1));
    const items = client.client(kit).list(1);
    const result = watch(items.result);
    const first = watch(items[Symbol.asyncIterator]().next());
    await time.settle();
    expect([call.said, result.said, first.said]).toEqual([said, said, said]);
    expect(runs()).toBe(0);
  });

  it("may answer in place of the handler: items are over then", async () => {
    const { client, time } = await kitWorld(
      {},
      on(side, () => Promise.resolve("cached")),
    );
    const call = client.client(kit).list(1);
    const [result, first] = [watch(call.result), watch(call[Symbol.asyncIterator]().next())];
    await time.settle();
    expect([result.said, first.said]).toEqual(['ok: "cached"', 'ok: {"done":true}']);
  });

  it("let a call pass once, and no second time", async () => {
    const { handler, open, runs } = gate();
    const twice: Interceptor = async (call, next) => {
      const first = await next(call);
      const second = await next(call).catch((error: unknown) => String(error));
      return [first, second];
    };
    const { client, time } = await kitWorld({ set: handler }, on(side, twice));
    const call = watch(client.client(kit).set(1));
    open(1);
    await time.settle();
    expect(call.said).toContain("must not call next() again");
    expect(runs()).toBe(1);
  });

  it.each(["is cancelled", "is over"])("that let a call pass when it %s already start nothing", async (how) => {
    const { handler, runs } = gate();
    const late = Promise.withResolvers<void>();
    const patient: Interceptor = async (call, next) => {
      await late.promise;
      return next(call);
    };
    const { client, time } = await kitWorld({ set: handler }, on(side, patient));
    const leaving = new AbortController();
    const call = watch(client.client(kit).set(1, { signal: leaving.signal, timeoutMs: 100 }));
    await time.settle();
    if (how === "is cancelled") leaving.abort();
    await time.advance(how === "is cancelled" ? 0 : 100);
    late.resolve();
    await time.settle();
    expect(call.said).toBe(how === "is cancelled" ? "cancelled, not_started" : "deadline_exceeded, not_started");
    expect(runs()).toBe(0);
  });

  it("that never answer do not keep a call beyond its deadline", async () => {
    const { client, time } = await kitWorld(
      {},
      on(side, () => never()),
    );
    const call = watch(client.client(kit).set(1, { timeoutMs: 100 }));
    await time.advance(100);
    expect(call.said).toBe("deadline_exceeded, not_started");
    expect(client.activeCalls.outgoing).toBe(0);
    expect(time.pendingTimers).toBe((await kitWorld()).time.pendingTimers);
  });
});

describe("interceptors of the caller", () => {
  it("see the call, and its signal", async () => {
    const seen: InterceptedCall[] = [];
    const look: Interceptor = (call, next) => {
      seen.push(call);
      return next(call);
    };
    const { client, time } = await kitWorld({}, on("clientInterceptors", look));
    const { signal } = new AbortController();
    watch(client.turn("t-1").client(kit).add(1, { key: "k", signal }));
    await time.settle();
    expect(seen).toMatchObject([
      { direction: "outgoing", tool: "add", key: "k", turn: "t-1", input: 1, principal: "alice", scopes: ["write"] },
    ]);
  });

  it("that never answer do not keep a call that is cancelled", async () => {
    const { client, time } = await kitWorld(
      {},
      on("clientInterceptors", () => never()),
    );
    const leaving = new AbortController();
    const calls = [leaving.signal, AbortSignal.abort()].map((signal) => watch(client.client(kit).set(1, { signal })));
    leaving.abort();
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(Array(2).fill("cancelled, not_started"));
  });

  it.each<[string, (call: InterceptedCall) => object]>([
    ["a trace that is too long", () => ({ trace: "x".repeat(1_000) })],
    ["meta that is no text", () => ({ meta: { a: 7 } })],
    [
      "meta of too many entries",
      () => ({ meta: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`n${i}`, ""])) }),
    ],
  ])("that pass on %s cost the call, and not the session", async (_what, more) => {
    const { client, time } = await kitWorld(
      {},
      on("clientInterceptors", (call, next) => next({ ...call, ...more(call) })),
    );
    const call = watch(client.client(kit).set(1));
    await time.settle();
    expect(call.said).toMatch(/^not turnmux's: UsageError/);
    expect(client.state).toBe("ready");
  });

  it("that fail behind the call say what is known of it", async () => {
    const { client, time } = await kitWorld(
      {
        set: () => {
          throw new ToolError("aborted", "No.", { outcome: "completed" });
        },
      },
      on("clientInterceptors", async (call, next) => {
        await next(call).catch(() => {});
        throw new Error("audit failed");
      }),
    );
    const calls = [watch(client.client(kit).look(1)), watch(client.client(kit).set(1))];
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["internal, completed", "internal, completed"]);
    expect(TurnmuxError.is(calls[0]?.error) && calls[0].error.cause).toEqual(new Error("audit failed"));
  });
});
