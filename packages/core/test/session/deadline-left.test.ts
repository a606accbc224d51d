/** What a handler is told of its deadline: the time that is left when it is called. */
import { describe, expect, it } from "vitest";
import type { Interceptor } from "../../src/index.ts";
import { House, tools } from "../lanes/house.ts";
import { kitWorld, watch } from "../support/kit.ts";

describe("the deadline that a handler is told of", () => {
  it("is what was given, where it is called at once", async () => {
    const told: unknown[] = [];
    const { client, time } = await kitWorld({ look: (_input, { deadlineMs }) => void told.push(deadlineMs) });
    watch(client.call("look", 1, { timeoutMs: 5_000 }));
    watch(client.call("look", 1, { timeoutMs: Number.POSITIVE_INFINITY }));
    await time.settle();
    expect(told).toEqual([5_000, undefined]);
  });

  it("is what is left of it, where the call has waited for its lane", async () => {
    const told: unknown[] = [];
    const house = new House({ talk: (input, { deadlineMs }) => [input, told.push(deadlineMs)][0] });
    const { session } = await house.guest("ann");
    const began = session.beginTurn("t-1");
    await house.time.settle();
    const turn = await began;
    const waits = watch(session.client(tools).talk("hello", { timeoutMs: 5_000 }));
    await house.time.advance(2_000);
    watch(turn.end());
    await house.time.settle();
    expect(waits.said).toBe('ok: "hello"');
    expect(told).toEqual([3_000]);
  });

  it("is what is left of it, where somebody has taken a while to approve of the call", async () => {
    const told: unknown[] = [];
    const approval = Promise.withResolvers<void>();
    const slow: Interceptor = async (call, next) => {
      await approval.promise;
      return next(call);
    };
    const look = (_input: unknown, { deadlineMs }: { readonly deadlineMs?: number | undefined }) =>
      told.push(deadlineMs);
    const { client, time } = await kitWorld({ look }, { gatewayInterceptors: [slow] });
    const waits = watch(client.call("look", 1, { timeoutMs: 5_000 }));
    await time.advance(1_500);
    approval.resolve();
    await time.settle();
    expect(waits.said).toBe("ok: 1");
    expect(told).toEqual([3_500]);
  });
});
