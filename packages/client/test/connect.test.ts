import { describe, expect, it } from "vitest";
import { z } from "zod";
import { attach, connect, defineTools, tool } from "../src/index.ts";
import { WebSocket } from "ws";
import { TestGateway } from "./support/gateway.ts";

const tools = defineTools({
  echo: tool({ description: "Say it again", input: z.string(), output: z.string(), effect: "read" }),
});

describe("smoke", () => {
  it("connects", async () => {
    const gateway = await TestGateway.listen();
    gateway.registry.implement(tools, { echo: (text) => text });
    await using session = await connect(gateway.url);
    expect(await session.turn("t").client(tools).echo("hi")).toBe("hi");
    const gone = new Promise<void>((resolve) => {
      session.addEventListener("state", () => resolve(), { once: true });
    });
    gateway.cut();
    await gone;
    expect(await session.turn("t").client(tools).echo("hi")).toBe("hi");
  });
  it("attaches", async () => {
    const gateway = await TestGateway.listen({ hosted: true });
    gateway.registry.implement(tools, { echo: (text) => text });
    const ws = new WebSocket(gateway.url);
    await using session = attach(ws);
    gateway.accept(await gateway.socket(1));
    expect(await session.turn("t").client(tools).echo("hi")).toBe("hi");
    await session.ready;
  });
});
