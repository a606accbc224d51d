import { describe, expect, it } from "vitest";
import * as browser from "../src/browser.ts";
import * as node from "../src/index.ts";
import { TestGateway } from "./support/gateway.ts";
import { failureOf, statesOf, until } from "./support/observe.ts";
import { tools, Workshop } from "./support/tools.ts";

async function listening(hosted = false): Promise<TestGateway> {
  const gateway = await TestGateway.listen({ hosted });
  gateway.registry.implement(tools, new Workshop().handlers);
  return gateway;
}

describe("The browser's entry, on the global WebSocket", () => {
  it("exports what Node's does", () => {
    expect(Object.keys(browser)).toEqual(Object.keys(node));
  });

  it.each(["binary", "text"] as const)("connects, calls and closes, in %s carriage", async (carriage) => {
    const gateway = await listening();
    const session = await browser.connect(gateway.url, { carriage });
    const socket = await gateway.socket(1);
    const closed = new Promise<number>((resolve) => socket.on("close", resolve));
    const large = "ü".repeat(100_000);
    expect(await session.turn("t").client(tools).echo(large)).toBe(large);
    const items: number[] = [];
    for await (const item of session.turn("t").client(tools).count({ to: 3 })) items.push(item);
    expect(items).toEqual([1, 2, 3]);
    await session.close();
    expect(await closed).toBe(1000);
  });

  it("connects again after a loss", async () => {
    const gateway = await listening();
    const session = await browser.connect(gateway.url, { reconnect: { initialMs: 1 } });
    const { states } = statesOf(session);
    gateway.cut();
    await until(session, "reconnecting");
    expect(await session.call("echo", "a")).toBe("a");
    expect(states).toEqual(["reconnecting", "ready"]);
    await session.close();
  });

  it("attaches beside a host", async () => {
    const gateway = await listening(true);
    const socket = new WebSocket(gateway.url);
    socket.binaryType = "arraybuffer";
    const session = browser.attach(socket);
    gateway.accept(await gateway.socket(1));
    expect(await session.call("echo", "a")).toBe("a");
    await session.close();
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
  });

  it("says what to do where nobody listens", async () => {
    const gateway = await listening();
    await gateway.stop();
    const error = await failureOf(browser.connect(gateway.url));
    expect(error).toMatchObject({ code: "unavailable", outcome: "not_started" });
    expect(error.sentence).toContain("Is the gateway running, and is this its address?");
  });

  it("refuses headers, and sockets of another kind", async () => {
    expect((await failureOf(browser.connect("ws://x", { headers: { a: "b" } }))).sentence).toContain(
      "takes no headers",
    );
    const socket = { emit: () => true } as unknown as WebSocket;
    expect(() => browser.attach(socket)).toThrow(node.UsageError);
  });
});
