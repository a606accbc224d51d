/** How late this process is, as its sessions tell their gateways. */
import { beforeEach, describe, expect, it } from "vitest";
import { nodePlatform } from "../src/platform/node.ts";

/** Keeps the event loop from everything else. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe("the lag of a process with sessions", () => {
  const environment = nodePlatform.environment(undefined);
  let stops: (() => void)[] = [];

  beforeEach(() => {
    stops = [];
    return () => {
      for (const stop of stops) stop();
    };
  });

  const use = (): (() => void) => {
    const stop = nodePlatform.measureLag?.() ?? (() => {});
    stops.push(stop);
    return stop;
  };

  it("is measured for as long as one of them is not over", () => {
    const [first, second] = [use(), use()];
    first();
    first();
    block(300);
    expect(environment.lagMs?.()).toBeGreaterThanOrEqual(100);
    second();
    expect(environment.lagMs?.()).toBe(0);
  });

  it("is measured anew for one that comes later", () => {
    use()();
    block(300);
    use();
    expect(environment.lagMs?.()).toBeLessThan(300);
  });
});
