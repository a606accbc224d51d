/** What waits for a main thread that reads nothing has a bound. */
import { expect, it } from "vitest";
import { COUNTED_OCTETS, sizeOf } from "../../src/io-thread/size.ts";
import { Outbox } from "../../src/io-thread/thread/outbox.ts";

interface Message {
  readonly name: string;
  readonly value?: unknown;
}

/** An outbox, and what has left it since it was looked at last, and not been read. */
function outbox() {
  const sent: Message[] = [];
  const unsendable: Message[] = [];
  const port = { postMessage: (messages: Message[]) => void sent.push(...structuredClone(messages)) };
  const box = new Outbox<Message>(
    port,
    (message) => sizeOf(message, COUNTED_OCTETS),
    (message) => unsendable.push(message),
  );
  return {
    box,
    unsendable,
    /** All that has left it. */
    left: (): string[] => {
      box.flush();
      return sent.splice(0).map(({ name }) => name);
    },
    /** Posts until it is full. */
    fill: (): number => {
      let count = 0;
      for (; !box.full; count++) box.post({ name: "filling" });
      return count;
    },
  };
}

it("sends no more than has a bound until something is read, and then the rest in order", () => {
  const { box, fill, left } = outbox();
  const most = fill();
  expect(most).toBe(2_048);
  for (let index = 0; index < 10; index++) box.post({ name: `waits ${index}` });
  expect(left()).toHaveLength(most);
  expect(box.waiting).toBe(10);
  box.read(4);
  expect(left()).toEqual(["waits 0", "waits 1", "waits 2", "waits 3"]);
  box.read(most);
  expect(left()).toEqual(["waits 4", "waits 5", "waits 6", "waits 7", "waits 8", "waits 9"]);
  expect([box.full, box.waiting]).toEqual([false, 0]);
});

it("sends no more octets than has a bound, however few messages they are", () => {
  const { box, left } = outbox();
  for (let index = 0; index < 100; index++) box.post({ name: `${index}`, value: ["x".repeat(1024 * 1024)] });
  expect(left()).toEqual(["0", "1", "2", "3"]);
  box.read(1);
  expect(left()).toEqual(["4"]);
  // One that is more than all that may be unread is sent by itself.
  box.read(4);
  box.post({ name: "large", value: new Uint8Array(16 * 1024 * 1024) });
  for (let index = 5; index < 100; index++) box.read(1);
  expect(left().slice(-2)).toEqual(["99", "large"]);
});

it("keeps the latest of those with one key, behind what came before it", () => {
  const { box, fill, left } = outbox();
  const most = fill();
  box.post({ name: "old" }, undefined, "key");
  box.post({ name: "other" });
  for (let index = 0; index < 1_000; index++) box.post({ name: `new ${index}` }, undefined, "key");
  expect(box.waiting).toBe(2);
  left();
  box.read(most);
  expect(left()).toEqual(["other", "new 999"]);
});

it("takes back what waits, and not what was sent", () => {
  const { box, fill, left } = outbox();
  box.post({ name: "sent" }, undefined, "sent");
  const most = fill();
  box.post({ name: "waits" }, undefined, "waits");
  expect([box.takeBack("sent"), box.takeBack("waits"), box.takeBack("waits")]).toEqual([false, true, false]);
  expect(box.waiting).toBe(0);
  left();
  box.read(most);
  expect(left()).toEqual([]);
});

it("counts a message for nothing that could not be sent", () => {
  const { box, unsendable, left } = outbox();
  for (let index = 0; index < 3_000; index++) box.now({ name: "wrong", value: () => {} });
  box.post({ name: "right" });
  expect(left()).toEqual(["right"]);
  expect(unsendable).toHaveLength(3_000);
});
