import { afterEach, expect, it, vi } from "vitest";
import { systemEnvironment, type RuntimeGlobals } from "../../src/index.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As those of browsers: they throw where they are called as methods of anything but the window. */
function strict<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R {
  return function (this: unknown, ...args: A): R {
    if (this !== undefined && this !== globalThis) throw new TypeError("Illegal invocation");
    return run(...args);
  };
}

it("calls what browsers let nobody call as a method of something else", async () => {
  vi.stubGlobal("queueMicrotask", strict(queueMicrotask));
  const globals: RuntimeGlobals = { performance, crypto, Date, setTimeout: () => 0, clearTimeout: () => {} };
  const environment = systemEnvironment({ globals, id: () => "id" });
  const ran: string[] = [];
  environment.soon?.(() => ran.push("soon"));
  environment.defer(() => ran.push("deferred"));
  await Promise.resolve();
  expect(ran).toEqual(["soon", "deferred"]);
});

it("counts the octets of a text as the runtime does, where that has a way of its own", () => {
  const globals: RuntimeGlobals = { performance, crypto, Date, setTimeout: () => 0, clearTimeout: () => {} };
  const counted = { byteLength: (text: string): number => text.length + 1 };
  expect(systemEnvironment({ globals, id: () => "id" }).utf8Length).toBeUndefined();
  expect(systemEnvironment({ globals: { ...globals, Buffer: counted }, id: () => "id" }).utf8Length?.("é")).toBe(2);
});
