import { expect, it } from "vitest";
import { kit } from "../kit.ts";
import type { WorldKind } from "../worlds/pair.ts";
import { kitHandlers } from "./handlers.ts";
import { aborted, failureOf, using } from "./using.ts";

/** Streamed items. */
export function itemCases(kind: WorldKind): void {
  it(
    "brings items in order, each once, and the result behind them",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const call = pair.client.client(kit).count({ to: 300 });
      const items: number[] = [];
      const reading = (async () => {
        for await (const item of call) items.push(item);
        return call.result;
      })();
      await expect(pair.until(reading)).resolves.toBe("counted");
      expect(items).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    }),
  );

  it(
    "cancels the call when the loop is left",
    using(kind, async (pair) => {
      const { handlers } = kitHandlers();
      const stopped = Promise.withResolvers<string>();
      pair.implement(kit, {
        ...handlers,
        count: async function* (_input, call) {
          void aborted(call.signal).then(stopped.resolve);
          for (let i = 0; ; i++) yield i;
        },
      });
      const reading = (async () => {
        for await (const item of pair.client.client(kit).count({ to: 1 })) if (item === 3) break;
      })();
      await pair.until(reading);
      await expect(pair.until(stopped.promise)).resolves.toBe("aborted");
    }),
  );

  it(
    "brings the items that came before a failure, then the failure",
    using(kind, async (pair) => {
      const { handlers } = kitHandlers();
      pair.implement(kit, {
        ...handlers,
        count: async function* () {
          yield 1;
          yield 2;
          throw new Error("broken");
        },
      });
      const items: number[] = [];
      const reading = (async () => {
        for await (const item of pair.client.client(kit).count({ to: 1 })) items.push(item);
      })();
      expect((await failureOf(pair, reading)).code).toBe("internal");
      expect(items).toEqual([1, 2]);
    }),
  );

  it(
    "carries large items whole, in between other calls",
    using(kind, async (pair) => {
      const { handlers } = kitHandlers();
      const large = "ä".repeat(300_000);
      pair.implement(kit, { ...handlers, echo: () => large });
      const api = pair.client.client(kit);
      const results = await pair.until(Promise.all([api.echo(1), api.math.divide({ a: 1, b: 1 }), api.echo(2)]));
      expect(results).toEqual([large, { quotient: 1 }, large]);
    }),
  );
}
