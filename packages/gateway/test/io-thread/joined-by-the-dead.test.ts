/** A run of the main thread for which nobody waits but calls of an I/O thread that ends. */
import { expect, it } from "vitest";
import { watch } from "../../../core/test/support/kit.ts";
import { jobs } from "../../../core/test/support/restarts.ts";
import { TwoThreads } from "../support/two-threads.ts";

const input = { name: "x" };

it("goes on where its tool lets it, and is replayed", async () => {
  const release = Promise.withResolvers<{ id: string }>();
  let aborted = 0;
  const two = await TwoThreads.start({
    add: (_input, { signal }) => {
      signal.addEventListener("abort", () => (aborted += 1));
      return release.promise;
    },
  });
  const { main, io, time } = two;
  const leaving = new AbortController();
  const local = watch(main.session.client(jobs).add(input, { key: "k", signal: leaving.signal }));
  await time.settle();
  watch(io.session.client(jobs).add(input, { key: "k" }));
  await time.settle();
  leaving.abort();
  await time.settle();
  expect(local.said).toBe("cancelled, unknown");
  main.keys.reset();
  await time.settle();
  expect(aborted).toBe(0);
  release.resolve({ id: "1" });
  await time.settle();
  const again = watch(main.session.client(jobs).add(input, { key: "k" }));
  await time.settle();
  expect(again.said).toBe('ok: {"id":"1"}');
});
