import { defineTools, tool } from "@turnmux/core";
import { expect, it } from "vitest";
import { z } from "zod";
import { device } from "../kit.ts";
import type { WorldKind } from "../worlds/pair.ts";
import { codeAndOutcome, using } from "./using.ts";

const anything = { input: z.unknown(), output: z.unknown() };

/** Tools of the gateway: one takes the lane. */
const laned = defineTools({
  talk: tool({ description: "Talks, in turn", ...anything, effect: "idempotent", lane: "session" }),
  ask: tool({ description: "Has the client talk", ...anything, effect: "idempotent" }),
});

/** Turns, lanes, and what belongs to a turn. */
export function laneCases(kind: WorldKind): void {
  it(
    "lets the turn that has the lane call, over both hops, and has others wait, who hear behind which turn",
    using(kind, async (pair) => {
      pair.implement(laned, {
        talk: (input) => input,
        ask: (_input, call) => pair.gateway.client(device).screen.show({ text: "x" }, { lineage: call.lineage }),
      });
      const order: string[] = [];
      pair.client.implement(device, {
        screen: {
          show: async ({ text }, call) => {
            await pair.client.client(laned).talk(text, { lineage: call.lineage });
            order.push("shown on behalf of the turn");
            return { shown: true };
          },
          keys: async function* () {},
        },
      });
      const turn = await pair.until(pair.client.beginTurn("turn-1"));
      const heard: unknown[] = [];
      const other = pair.client
        .client(laned)
        .talk("other", { onAccept: ({ state, reason, place }) => heard.push([state, reason, place]) })
        .then(() => order.push("other"));
      expect(await pair.until(turn.client(laned).talk("own"))).toBe("own");
      expect(await pair.until(turn.client(laned).ask(null))).toEqual({ shown: true });
      expect(heard).toEqual([["queued", 'it waits behind the turn "turn-1"', 0]]);
      await pair.until(turn.end());
      await pair.until(other);
      expect(order).toEqual(["shown on behalf of the turn", "other"]);
    }),
  );

  it(
    "takes a forged lineage as none, and gives turns the lane in the order in which they asked",
    using(kind, async (pair) => {
      const order: string[] = [];
      pair.implement(laned, { talk: (input) => order.push(String(input)), ask: (input) => input });
      const turn = await pair.until(pair.client.beginTurn("turn-1"));
      const next = pair.client.beginTurn("turn-2", { lineage: `${turn.lineage.slice(1)}0` });
      const last = pair.client.client(laned).talk("last", { lineage: "forged" });
      await pair.until(turn.client(laned).talk("own"));
      await pair.until(turn.end());
      const second = await pair.until(next);
      await pair.until(second.client(laned).talk("second"));
      await pair.until(second.end());
      await pair.until(last);
      expect(order).toEqual(["own", "second", "last"]);
    }),
  );

  it(
    "cancels a turn with its calls, also while it waits",
    using(kind, async (pair) => {
      pair.implement(laned, { talk: (input) => input, ask: (input) => input });
      const turn = await pair.until(pair.client.beginTurn("turn-1"));
      const stop = new AbortController();
      const waiting = pair.client.beginTurn("turn-2", { signal: stop.signal, onAccept: () => stop.abort() });
      expect(await codeAndOutcome(pair, waiting)).toBe("cancelled, not_started");
      turn.cancel();
      const third = await pair.until(pair.client.beginTurn("turn-3"));
      await pair.until(third.end());
    }),
  );
}
