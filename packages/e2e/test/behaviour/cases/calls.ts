import { expect, it } from "vitest";
import { device, kit } from "../kit.ts";
import type { WorldKind } from "../worlds/pair.ts";
import { kitHandlers } from "./handlers.ts";
import { codeAndOutcome, failureOf, using } from "./using.ts";

/** Calls, values, contracts and tools, in both directions. */
export function callCases(kind: WorldKind): void {
  it(
    "calls a tool of the gateway and gets its result",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      await expect(pair.until(pair.client.client(kit).math.divide({ a: 6, b: 3 }))).resolves.toEqual({ quotient: 2 });
    }),
  );

  it(
    "calls a tool of the client from the gateway",
    using(kind, async (pair) => {
      const shown: string[] = [];
      pair.client.implement(device, {
        screen: {
          show: ({ text }) => {
            shown.push(text);
            return { shown: true };
          },
          keys: async function* () {
            yield "a";
            yield "b";
          },
        },
      });
      const api = pair.gateway.client(device);
      await expect(pair.until(api.screen.show({ text: "hello" }))).resolves.toEqual({ shown: true });
      expect(shown).toEqual(["hello"]);
      const keys: string[] = [];
      const reading = (async () => {
        for await (const key of api.screen.keys()) keys.push(key);
      })();
      await pair.until(reading);
      expect(keys).toEqual(["a", "b"]);
    }),
  );

  it(
    "answers many calls at once, each with its own result",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const api = pair.client.client(kit);
      const calls = Array.from({ length: 500 }, (_, n) => api.echo({ n }));
      const results = await pair.until(Promise.all(calls));
      expect(results).toEqual(Array.from({ length: 500 }, (_, n) => ({ n })));
    }),
  );

  it(
    "carries every kind of value unchanged",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const api = pair.client.client(kit);
      const values = [
        null,
        true,
        "text with ünïcode 🎉",
        "",
        0,
        -1.5,
        2 ** 53 - 1,
        [],
        [1, [2, [3]]],
        { a: { b: [null, "c"] } },
        new Uint8Array([0, 255, 193, 1]),
        { octets: new Uint8Array([1, 2, 3]), deep: [{ more: new Uint8Array(0) }] },
        "x".repeat(200_000),
        new Uint8Array(100_000).fill(7),
      ];
      for (const value of values) expect(await pair.until(api.echo(value))).toEqual(value);
    }),
  );

  it(
    "refuses what is no value, with its path, and sends nothing",
    using(kind, async (pair) => {
      const { handlers, seen } = kitHandlers();
      pair.implement(kit, handlers);
      const api = pair.client.client(kit);
      for (const value of [{ when: new Date(0) }, { when: Number.NaN }, { when: new Map() }, { when: () => 1 }]) {
        const error = await failureOf(pair, api.echo(value));
        expect([error.code, error.outcome]).toEqual(["invalid_argument", "not_started"]);
        expect(error.message).toContain("when");
      }
      expect(seen).toEqual([]);
    }),
  );

  it(
    "shares no mutable state between the two sides",
    using(kind, async (pair) => {
      const kept: { list: number[] } = { list: [1] };
      const { handlers } = kitHandlers();
      let received: unknown;
      pair.implement(kit, {
        ...handlers,
        echo: (input) => {
          received = input;
          return kept;
        },
      });
      const sent = { list: [1] };
      const result = await pair.until(pair.client.client(kit).echo(sent));
      sent.list.push(2);
      kept.list.push(2);
      expect(received).toEqual({ list: [1] });
      expect(result).toEqual({ list: [1] });
    }),
  );

  it(
    "checks arguments at the receiver and names the paths, but no values",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const error = await failureOf(pair, pair.client.call("math.divide", { a: "hunter2", b: 0 }));
      expect([error.code, error.outcome]).toEqual(["invalid_argument", "not_started"]);
      expect(JSON.stringify(error.details)).toContain('"path":["a"]');
      expect(JSON.stringify([error.message, error.details])).not.toContain("hunter2");
    }),
  );

  it(
    "tells an unknown tool from one that the scopes do not allow",
    using(kind, async (pair) => {
      const { handlers, jobs } = kitHandlers();
      pair.implement(kit, handlers);
      expect(await codeAndOutcome(pair, pair.client.call("jobs.remove", {}))).toBe("unimplemented, not_started");
      expect(await codeAndOutcome(pair, pair.client.call("jobs.add", { name: "a" }))).toBe(
        "permission_denied, not_started",
      );
      expect(jobs).toEqual([]);
    }),
  );

  it(
    "offers only what the scopes allow, and again when they change",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const names = async (): Promise<string[]> =>
        (await pair.until(pair.client.catalog())).map(({ name }) => name).sort();
      await pair.until(pair.client.call("echo", 1));
      expect(await names()).toEqual(["count", "echo", "jobs.list", "math.divide", "work"]);
      pair.updateScopes(["jobs.write"]);
      await pair.until(pair.client.call("echo", 1));
      expect(await names()).toContain("jobs.add");
      expect([...pair.client.offers.keys()]).toContain("jobs.add");
    }),
  );

  it(
    "describes tools with the JSON Schemas of their contracts",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      await pair.until(pair.client.call("echo", 1));
      const catalog = await pair.until(pair.client.turn("t").catalog());
      const divide = catalog.find(({ name }) => name === "math.divide");
      expect(divide).toMatchObject({ effect: "read", streams: false, input: { type: "object", required: ["a", "b"] } });
    }),
  );

  it(
    "tells a handler who calls, in which turn",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const result = await pair.until(pair.client.turn("turn-7").client(kit).work({ how: "tell" }));
      expect(result).toEqual({ done: "tell, alice, turn-7" });
    }),
  );
}
