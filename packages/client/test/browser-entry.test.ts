import { describe, expect, it } from "vitest";
import { virtualCarriers } from "../../core/test/support/virtual-carrier.ts";
import { VirtualTime } from "../../core/test/support/virtual-time.ts";
import * as browser from "../src/browser.ts";
import { implementing } from "../src/implement.ts";
import * as node from "../src/index.ts";
import { textCarriage } from "../src/text.ts";
import { wrappedCarriage } from "../src/wrapped.ts";
import { TestGateway } from "./support/gateway.ts";
import { failureOf, gate, statesOf, until } from "./support/observe.ts";
import { deviceTools, tools, Workshop } from "./support/tools.ts";

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
    const session = await browser.connect(gateway.url, { carriage, parts: [textCarriage] });
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

  it("says which part it lacks, and where that is", async () => {
    const gateway = await listening();
    const connecting = browser.connect(gateway.url, { carriage: "text" });
    await expect(connecting).rejects.toThrow(node.UsageError);
    await expect(connecting).rejects.toThrow(
      '{ parts: [textCarriage] } to connect() or attach(), with import { textCarriage } from "@turnmux/client/text"',
    );
    const carrier = virtualCarriers(new VirtualTime(), "wrapped", true).client;
    expect(() => browser.attach(carrier)).toThrow('import { wrappedCarriage } from "@turnmux/client/wrapped"');
    await using session = await browser.connect(gateway.url);
    const implement = (): unknown =>
      session.implement(deviceTools, { screen: { title: (text) => text, lock: () => 1 } });
    expect(implement).toThrow('import { implementing } from "@turnmux/client/implement"');
  });

  it("runs tools, once tools among them, with the part that does", async () => {
    const gateway = await listening();
    await using session = await browser.connect(gateway.url, {
      parts: [implementing],
      journal: node.memoryJournal(),
    });
    const { session: other } = gateway.latest;
    const offered = gate();
    other.addEventListener("offer", ({ detail }) => detail.tools.size === 2 && offered.open());
    let locks = 0;
    session.implement(deviceTools, { screen: { title: (text) => text, lock: () => ++locks } });
    await offered.passed;
    expect(await other.client(deviceTools).screen.title("a")).toBe("a");
    expect(await Promise.all(["k", "k"].map((key) => other.client(deviceTools).screen.lock({}, { key })))).toEqual([
      1, 1,
    ]);
  });

  it("takes a host's carrier with wrapped carriage, with its part", () => {
    const { client } = virtualCarriers(new VirtualTime(), "wrapped", true);
    const session = browser.attach(client, { parts: [wrappedCarriage] });
    expect(client.sent).toEqual([{ turnmux: expect.any(Array) as unknown }]);
    session.detach();
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

  it("says what to do where a socket delivers blobs, or a carrier has a carriage that nobody knows", () => {
    const socket = new WebSocket("ws://127.0.0.1:9");
    expect(() => browser.attach(socket)).toThrow(
      'set it to "arraybuffer", or use { carriage: "text" }, in a browser with its part, textCarriage of @turnmux/client/text',
    );
    socket.close();
    const carrier = Object.assign(virtualCarriers(new VirtualTime(), "wrapped", true).client, { carriage: "smoke" });
    expect(() => browser.attach(carrier as never)).toThrow(
      new node.UsageError('A carriage is "binary", "text" or "wrapped"'),
    );
  });

  it("refuses headers before it tries, and sockets of another kind", async () => {
    const connecting = browser.connect("ws://x", { headers: { a: "b" }, connectTimeoutMs: 60_000 });
    await expect(connecting).rejects.toThrow(node.UsageError);
    await expect(connecting).rejects.toThrow("takes no headers");
    const socket = { emit: () => true } as unknown as WebSocket;
    expect(() => browser.attach(socket)).toThrow(node.UsageError);
  });
});
