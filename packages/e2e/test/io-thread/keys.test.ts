/** One key in two threads: a session in process, and one of the I/O thread, of the same principal. */
import { connect, sharedToken } from "@turnmux/client";
import type { Session } from "@turnmux/core";
import { createGateway, memoryJournal, tokenAuth } from "@turnmux/gateway";
import { expect, it } from "vitest";
import { SECRET, tools } from "./support/tools.ts";

interface Two {
  readonly local: Session;
  readonly remote: Session;
  readonly ran: string[];
  /** Resolves when the handler of `hang` runs. */
  readonly hangs: Promise<unknown>;
  readonly release: () => void;
}

async function withTwo(test: (two: Two) => Promise<void>): Promise<void> {
  const ran: string[] = [];
  const hangs = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  const gateway = createGateway({ journal: memoryJournal() });
  gateway.implement(tools, {
    echo: (input) => input,
    note: ({ text }) => ({ notes: ran.push(text) }),
    hang: async (_input, { signal }) => {
      ran.push("hang");
      hangs.resolve(undefined);
      await Promise.race([
        release.promise,
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        }),
      ]);
      return "ended";
    },
  });
  const grant = { principal: "alice", scopes: [] };
  const endpoint = gateway.listen({ port: 0, auth: tokenAuth(SECRET, grant), ioThread: true });
  try {
    await endpoint.ready;
    const remote = await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false });
    const local = gateway.openSession(grant);
    await test({ local, remote, ran, hangs: hangs.promise, release: () => release.resolve(undefined) });
  } finally {
    await gateway.close();
  }
}

/** Makes the first call, and when it runs the other one; gives the other one's first state. */
async function both(first: Session, other: Session, { hangs }: Two): Promise<[string, Promise<unknown>[]]> {
  const calls: Promise<unknown>[] = [first.client(tools).hang({}, { key: "k" })];
  await hangs;
  const joined = Promise.withResolvers<string>();
  const onAccept = ({ state }: { readonly state: string }): void => {
    // It waits first, for the other thread's word.
    if (state !== "waiting") joined.resolve(state);
  };
  calls.push(other.client(tools).hang({}, { key: "k", onAccept }));
  return [await joined.promise, calls];
}

it(
  "joins in the I/O thread what runs for a session in process",
  () =>
    withTwo(async (two) => {
      const [state, calls] = await both(two.local, two.remote, two);
      expect(state).toBe("joined");
      two.release();
      await expect(Promise.all(calls)).resolves.toEqual(["ended", "ended"]);
      expect(two.ran).toEqual(["hang"]);
    }),
  60_000,
);

it(
  "joins in process what runs for a session of the I/O thread",
  () =>
    withTwo(async (two) => {
      const [state, calls] = await both(two.remote, two.local, two);
      expect(state).toBe("joined");
      two.release();
      await expect(Promise.all(calls)).resolves.toEqual(["ended", "ended"]);
      expect(two.ran).toEqual(["hang"]);
    }),
  60_000,
);

it(
  "replays in each thread what was over in the other",
  () =>
    withTwo(async ({ local, remote, ran }) => {
      const [here, there] = [local.client(tools), remote.client(tools)];
      await expect(here.note({ text: "a" }, { key: "1" })).resolves.toEqual({ notes: 1 });
      await expect(there.note({ text: "a" }, { key: "1" })).resolves.toEqual({ notes: 1 });
      await expect(there.note({ text: "b" }, { key: "2" })).resolves.toEqual({ notes: 2 });
      await expect(here.note({ text: "b" }, { key: "2" })).resolves.toEqual({ notes: 2 });
      await expect(here.note({ text: "c" }, { key: "2" })).rejects.toMatchObject({ code: "already_exists" });
      expect(ran).toEqual(["a", "b"]);
    }),
  60_000,
);

it(
  "goes on with a run for those that joined it from the other thread when the first one cancels",
  () =>
    withTwo(async (two) => {
      const controller = new AbortController();
      const first = two.local.client(tools).hang({}, { key: "k", signal: controller.signal });
      await two.hangs;
      const joined = Promise.withResolvers<undefined>();
      const second = two.remote.client(tools).hang(
        {},
        {
          key: "k",
          onAccept: ({ state }) => {
            if (state === "joined") joined.resolve(undefined);
          },
        },
      );
      await joined.promise;
      controller.abort();
      await expect(first).rejects.toMatchObject({ code: "cancelled", outcome: "unknown" });
      two.release();
      await expect(second).resolves.toBe("ended");
      expect(two.ran).toEqual(["hang"]);
    }),
  60_000,
);
