/** A gateway whose event loop was blocked reads what has already arrived before it acts on anything overdue (CALL-015). */
import { describe, expect, it } from "vitest";
import { RawClient } from "../../../gateway/test/support/raw.ts";
import { Program } from "./support/program.ts";

const GATEWAY = new URL("./programs/gateway.ts", import.meta.url);

/** A gateway with a raw client, whose session stands. */
async function pair(heartbeatMs: number): Promise<{ gateway: Program; client: RawClient; tag: Uint8Array }> {
  const gateway = new Program(GATEWAY);
  gateway.ask({ do: "listen", heartbeatMs });
  const { url } = await gateway.told("listening");
  const client = await RawClient.open(url);
  return { gateway, client, tag: await client.welcomed() };
}

/** The next frame that is no question of the gateway's. */
async function answerTo(client: RawClient): Promise<unknown> {
  for (;;) {
    const frame = await client.next();
    if (frame?.type !== "ping") return frame;
  }
}

describe("A gateway that was blocked for more than two and a half heartbeat intervals", () => {
  it("does not take a client for silent that has spoken", async () => {
    const { gateway, client, tag } = await pair(100);
    await gateway.block(400);
    client.send(tag, [{ type: "ping", id: 5 }]);
    gateway.release();
    expect(await answerTo(client)).toMatchObject({ type: "pong", id: 5 });
  });

  it("runs the calls that had arrived", async () => {
    const { gateway, client, tag } = await pair(100);
    await gateway.block(400);
    const open = { type: "open", stream: 1, tool: "echo", callId: "c1", content: 3, more: false, final: true } as const;
    client.send(tag, [{ ...open, body: new TextEncoder().encode("hello") }]);
    gateway.release();
    expect(await answerTo(client)).toMatchObject({ type: "end", stream: 1, code: 0 });
  });

  it("ends the channel of one that has not", async () => {
    const { gateway, client } = await pair(100);
    await gateway.block(400);
    gateway.release();
    expect(await client.closed).toMatchObject({ code: 4408 });
  });
});
