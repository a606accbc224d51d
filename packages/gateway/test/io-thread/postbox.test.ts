import { expect, it } from "vitest";
import { movable, Postbox } from "../../src/io-thread/postbox.ts";

interface Sent {
  readonly batches: unknown[][];
  readonly unsendable: unknown[];
  readonly box: Postbox<unknown>;
}

/** A box whose messages are cloned as a port does it. */
function boxed(): Sent {
  const batches: unknown[][] = [];
  const unsendable: unknown[] = [];
  const port = {
    postMessage: (messages: unknown[], moved: ArrayBuffer[] = []) => {
      batches.push(structuredClone(messages, { transfer: moved }));
    },
  };
  return { batches, unsendable, box: new Postbox(port, (message) => unsendable.push(message)) };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it("sends the messages of one turn together, in order, and what is urgent at once with those before it", async () => {
  const { batches, box } = boxed();
  box.post(1);
  box.post(2);
  expect(batches).toEqual([]);
  await turn();
  box.post(3);
  box.now(4);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

it("leaves out what is no plain data, and sends the rest", () => {
  const { batches, unsendable, box } = boxed();
  const wrong = (): void => {};
  box.post("before");
  box.post(wrong);
  box.now("behind");
  expect(batches.flat()).toEqual(["before", "behind"]);
  expect(unsendable).toEqual([wrong]);
});

it("moves large octets that are a buffer of their own, and copies all others", () => {
  const { batches, box } = boxed();
  const large = new Uint8Array(100_000).fill(7);
  const part = new Uint8Array(200_000).subarray(0, 100_000);
  expect([movable(part), movable(new Uint8Array(10)), movable("text")]).toEqual([undefined, undefined, undefined]);
  box.post(large, movable(large));
  box.flush();
  expect(large.length).toBe(0);
  expect(batches).toEqual([[new Uint8Array(100_000).fill(7)]]);
});
