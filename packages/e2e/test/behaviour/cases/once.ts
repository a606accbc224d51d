import type { Acceptance } from "@turnmux/core";
import { expect, it } from "vitest";
import { kit } from "../kit.ts";
import type { PairOptions, WorldKind } from "../worlds/pair.ts";
import { kitHandlers } from "./handlers.ts";
import { codeAndOutcome, failureOf, using } from "./using.ts";

const writer: PairOptions = { scopes: ["jobs.write"] };

/** Tools with effect `once`: keys, joins and replays. */
export function onceCases(kind: WorldKind): void {
  it(
    "runs a call once for its key, and gives every repetition the same result",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs, release } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const accepted: Acceptance["state"][] = [];
        const taken = Promise.withResolvers<void>();
        const options = { key: "k-1", onAccept: ({ state }: Acceptance) => void accepted.push(state) };
        const first = api.jobs.add({ name: "slow" }, { ...options, onAccept: () => taken.resolve() });
        await pair.until(taken.promise);
        const second = api.jobs.add({ name: "slow" }, options);
        await pair.until(api.echo("the second call was taken"));
        release();
        expect(await pair.until(Promise.all([first, second]))).toEqual([{ id: 1 }, { id: 1 }]);
        expect(await pair.until(api.jobs.add({ name: "slow" }, options))).toEqual({ id: 1 });
        expect(jobs).toEqual(["slow"]);
        expect(accepted).toContain("joined");
      },
      writer,
    ),
  );

  it(
    "keeps calls without a key apart",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        await pair.until(Promise.all([api.jobs.add({ name: "a" }), api.jobs.add({ name: "a" })]));
        expect(jobs).toEqual(["a", "a"]);
      },
      writer,
    ),
  );

  it(
    "refuses a key that comes again with other arguments",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        await pair.until(api.jobs.add({ name: "a" }, { key: "k" }));
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "b" }, { key: "k" }))).toBe(
          "already_exists, not_started",
        );
        expect(jobs).toEqual(["a"]);
      },
      writer,
    ),
  );

  it(
    "calls the outcome of a plain throw unknown, replays it, and tells the model what to do",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const error = await failureOf(pair, api.jobs.add({ name: "bad" }, { key: "k" }));
        expect([error.code, error.outcome, error.verify]).toEqual(["internal", "unknown", "jobs.list"]);
        expect(error.forModel()).toContain("jobs.list");
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "bad" }, { key: "k" }))).toBe("internal, unknown");
        expect(jobs).toEqual(["bad"]);
      },
      writer,
    ),
  );

  it(
    "tells the model where to look, also when the call was made by name and the contract is the peer's",
    using(
      kind,
      async (pair) => {
        pair.implement(kit, kitHandlers().handlers);
        const turn = pair.client.turn("turn-1");
        await pair.until(turn.catalog());
        const error = await failureOf(pair, turn.call("jobs.add", { name: "bad" }));
        expect([error.outcome, error.verify]).toEqual(["unknown", "jobs.list"]);
        expect(error.forModel()).toContain("check with jobs.list first");
      },
      writer,
    ),
  );

  it(
    "frees the key of a call that failed without effect",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "no" }, { key: "k" }))).toBe("out_of_range, failed");
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "no" }, { key: "k" }))).toBe("out_of_range, failed");
        expect(jobs).toEqual(["no", "no"]);
      },
      writer,
    ),
  );

  it(
    "says that nobody knows what became of a once call whose deadline is over, and joins the repetition",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs, release } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const slow = api.jobs.add({ name: "slow" }, { key: "k", timeoutMs: 40 });
        expect(await codeAndOutcome(pair, slow)).toBe("deadline_exceeded, unknown");
        const again = api.jobs.add({ name: "slow" }, { key: "k" });
        release();
        await expect(pair.until(again)).resolves.toEqual({ id: 1 });
        expect(jobs).toEqual(["slow"]);
      },
      writer,
    ),
  );
}
