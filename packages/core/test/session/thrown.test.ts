import { describe, expect, it } from "vitest";
import { ToolError, type Interceptor } from "../../src/index.ts";
import { gate, kit, kitWorld, watch } from "../support/kit.ts";

function refuses(): never {
  throw new Error("refused");
}

const odd: readonly [string, () => unknown][] = [
  ["nothing", () => undefined],
  ["a proxy that refuses every look", () => new Proxy({}, { get: refuses, has: refuses, getPrototypeOf: refuses })],
  [
    "a tool error whose message throws",
    () => Object.defineProperty(new ToolError("not_found", "x"), "message", { get: refuses }),
  ],
  [
    "a tool error whose code throws",
    () => Object.defineProperty(new ToolError("not_found", "x"), "code", { get: refuses }),
  ],
];

describe("a handler that throws", () => {
  it.each(odd)("%s ends its call, and a repetition of the key", async (_what, thrown) => {
    let runs = 0;
    const handler = (): never => {
      runs += 1;
      throw thrown();
    };
    const { client, time } = await kitWorld({ look: handler, add: handler });
    const api = client.client(kit);
    const look = watch(api.look(1));
    const first = watch(api.add(1, { key: "k" }));
    await time.settle();
    const again = watch(api.add(1, { key: "k" }));
    await time.settle();
    expect([look.said, first.said, again.said]).toEqual(["internal, failed", "internal, unknown", "internal, unknown"]);
    expect(runs).toBe(2);
  });
});

describe("an interceptor's tool error, which claims that there was no effect", () => {
  const refused = new ToolError("permission_denied", "Not approved.");

  it("cannot take back what the handler did: the key is not free", async () => {
    const after: Interceptor = async (call, next) => {
      await next(call);
      throw refused;
    };
    let runs = 0;
    const { client, time } = await kitWorld({ add: () => ++runs }, { gatewayInterceptors: [after] });
    const first = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    const again = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect([first.said, again.said]).toEqual(["permission_denied, completed", "permission_denied, completed"]);
    expect(runs).toBe(1);
  });

  it("cannot speak for a handler that still runs", async () => {
    const { handler, open, runs } = gate();
    const hasty: Interceptor = (call, next) => Promise.race([next(call), Promise.reject(refused)]);
    const { client, time } = await kitWorld({ add: handler, set: handler }, { gatewayInterceptors: [hasty] });
    const first = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    const again = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect([first.said, again.said]).toEqual(["permission_denied, unknown", "permission_denied, unknown"]);
    expect(runs()).toBe(1);
    open();
    await time.settle();
  });

  it("may say what an error of the handler means", async () => {
    const translate: Interceptor = async (call, next) => {
      try {
        return await next(call);
      } catch {
        throw refused;
      }
    };
    const { client, time } = await kitWorld({ add: refuses }, { gatewayInterceptors: [translate] });
    const call = watch(client.client(kit).add(1));
    await time.settle();
    expect(call.said).toBe("permission_denied, failed");
  });
});
