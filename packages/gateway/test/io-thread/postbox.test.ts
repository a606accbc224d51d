import { expect, it } from "vitest";
import { crossing, movable, Postbox } from "../../src/io-thread/postbox.ts";

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
  expect([movable(part), movable(new Uint8Array(10)), movable("text")]).toEqual([[], [], []]);
  box.post(large, movable(large));
  box.flush();
  expect(large.length).toBe(0);
  expect(batches).toEqual([[new Uint8Array(100_000).fill(7)]]);
});

it("moves large octets inside of a value as well, and copies first what somebody else still has", () => {
  const { batches, box } = boxed();
  const own = { parts: [new Uint8Array(100_000).fill(1), new Uint8Array(10)], name: "own" };
  const kept = { part: new Uint8Array(100_000).fill(2) };
  const view = new Uint8Array(200_000).subarray(0, 100_000);
  const { value, transfer } = crossing(kept, true);
  const moved = crossing({ view }, false);
  box.post(own, movable(own));
  box.post(value, transfer);
  box.post(moved.value, moved.transfer);
  box.flush();
  expect([own.parts[0]?.length, own.parts[1]?.length, kept.part.length, view.length]).toEqual([
    0, 10, 100_000, 100_000,
  ]);
  expect([transfer[0]?.byteLength, moved.transfer[0]?.byteLength]).toEqual([0, 0]);
  expect(batches).toEqual([
    [
      { parts: [new Uint8Array(100_000).fill(1), new Uint8Array(10)], name: "own" },
      { part: new Uint8Array(100_000).fill(2) },
      { view: new Uint8Array(100_000) },
    ],
  ]);
});

it("moves octets that are the value itself as they are, unless they are kept", () => {
  const own = new Uint8Array(100_000);
  expect(crossing(own, false)).toEqual({ value: own, transfer: [own.buffer] });
  expect(crossing(own, true).transfer[0]).not.toBe(own.buffer);
});
