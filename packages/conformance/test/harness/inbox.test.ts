import { describe, expect, test } from "vitest";
import { Inbox } from "../../src/harness/inbox.ts";
import { Failure } from "../../src/suite/verdict.ts";

const even = (n: number): boolean => n % 2 === 0;

describe("an inbox", () => {
  test("gives the first entry that is wanted, and keeps the others in order", async () => {
    const inbox = new Inbox<number>();
    for (const n of [1, 2, 3, 4]) inbox.put(n);
    expect(await inbox.take(even, 1_000, "an even number")).toBe(2);
    expect(inbox.entries).toEqual([1, 3, 4]);
  });

  test("gives an entry that arrives later to the one who waits for it, and to nobody else", async () => {
    const inbox = new Inbox<number>();
    const first = inbox.take(even, 1_000, "an even number");
    const second = inbox.take(even, 1_000, "an even number");
    for (const n of [1, 2, 4]) inbox.put(n);
    expect([await first, await second]).toEqual([2, 4]);
    expect(inbox.entries).toEqual([1]);
  });

  test("says what was waited for when it does not come", async () => {
    const inbox = new Inbox<number>();
    inbox.put(1);
    await expect(inbox.take(even, 1, "an even number")).rejects.toThrow(/Expected an even number/);
    await expect(inbox.take(even, 1, "an even number")).rejects.toBeInstanceOf(Failure);
  });

  test("once it has ended gives what had arrived, and tells others why nothing more comes", async () => {
    const inbox = new Inbox<number>();
    inbox.put(2);
    const waiting = inbox.take((n) => n === 3, 60_000, "three");
    inbox.end(new Failure("The socket is closed."));
    await expect(waiting).rejects.toThrow("The socket is closed. (expected three)");
    expect(await inbox.take(even, 1_000, "an even number")).toBe(2);
    await expect(inbox.take(even, 60_000, "an even number")).rejects.toThrow("The socket is closed.");
  });
});
