import { describe, expect, it } from "vitest";
import { Gate, gateUser } from "../../src/relay/gate.ts";

/** Enters so many calls of a user; gives how many have begun. */
function enter(gate: Gate, user: ReturnType<typeof gateUser>, calls: number): { begun: number } {
  const count = { begun: 0 };
  for (let at = 0; at < calls; at += 1) {
    gate.enter(user, () => {
      count.begun += 1;
    });
  }
  return count;
}

describe("a gate", () => {
  it("gives one user half of the places, so that others find room", () => {
    const gate = new Gate(() => 16);
    const first = gateUser();
    expect(enter(gate, first, 100).begun).toBe(8);
    expect(enter(gate, gateUser(), 100).begun).toBe(4);
    expect(enter(gate, gateUser(), 1).begun).toBe(1);
  });

  it("lets a single call pass where there is a single place, and no second one", () => {
    const gate = new Gate(() => 1);
    expect(enter(gate, gateUser(), 2).begun).toBe(1);
    expect(enter(gate, gateUser(), 1).begun).toBe(0);
  });

  it("lets those take turns that wait", () => {
    const gate = new Gate(() => 1);
    const users = new Map(["a", "b", "c"].map((name) => [name, gateUser()]));
    const order: string[] = [];
    for (const [name, user] of users) {
      for (const at of [1, 2, 3]) gate.enter(user, () => order.push(`${name}${at}`));
    }
    for (let at = 0; at < 8; at += 1) {
      const last = users.get(order.at(-1)?.at(0) ?? "");
      if (last !== undefined) gate.leave(last);
    }
    expect(order.join(" ")).toBe("a1 a2 b1 c1 a3 b2 c2 b3 c3");
  });

  it("takes out a call that waits, and tells whether it did", () => {
    const gate = new Gate(() => 1);
    const user = gateUser();
    const passed = gate.enter(user, () => {});
    let begun = false;
    const waiting = gate.enter(user, () => {
      begun = true;
    });
    expect(passed()).toBe(false);
    expect(waiting()).toBe(true);
    expect(waiting()).toBe(false);
    gate.leave(user);
    expect(begun).toBe(false);
  });

  it("follows a limit that grows", () => {
    let most = 2;
    const gate = new Gate(() => most);
    const count = enter(gate, gateUser(), 10);
    expect(count.begun).toBe(1);
    most = 8;
    gate.open();
    expect(count.begun).toBe(4);
  });
});
