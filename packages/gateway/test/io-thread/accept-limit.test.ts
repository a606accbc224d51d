/** A call of the main thread to a client that says that it is busy, with the client's socket in the I/O thread. */
import { expect, it } from "vitest";
import type { GatewaySession } from "@turnmux/gateway";
import { listening, testGateway } from "../support/gateway.ts";
import { RawClient } from "../support/raw.ts";

/** What the call may wait for ACCEPT: longer than it takes to pass a few messages between threads. */
const LIMIT_MS = 600;

/** A call to a client of the I/O thread, whose OPEN the client has read. */
async function called() {
  const { gateway } = testGateway();
  const module = new URL("../support/anybody.ts", import.meta.url);
  const endpoint = await listening(gateway, { auth: { module, export: "anybody" }, ioThread: true });
  const opened = new Promise<GatewaySession>((resolve) => {
    gateway.addEventListener("session", ({ detail }) => resolve(detail.session), { once: true });
  });
  const client = await RawClient.open(endpoint.url);
  const tag = await client.welcomed();
  const call = (await opened).call("screen.read", 1, { acceptTimeoutMs: LIMIT_MS, timeoutMs: 60_000 }).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  expect(await client.next()).toMatchObject({ type: "open", stream: 2 });
  /** Waits for PING, and says how late the client is. */
  const answered = async (lagMs: number): Promise<void> => {
    const ping = await client.next();
    expect(ping).toMatchObject({ type: "ping" });
    if (ping?.type === "ping") client.send(tag, [{ type: "pong", id: ping.id, lagMs }]);
  };
  return { client, tag, call, answered };
}

it("waits on for as long as the client says so, over several limits", async () => {
  const { client, tag, call, answered } = await called();
  for (let round = 0; round < 3; round++) await answered(4_000);
  const body = Buffer.from('"at last"');
  client.send(tag, [{ type: "end", stream: 2, more: false, final: true, code: 0, content: 1, body }]);
  expect(await call).toEqual({ value: "at last" });
}, 60_000);

it("gives the call up when the client answers, and is not busy", async () => {
  const { client, call, answered } = await called();
  await answered(0);
  expect(await client.next()).toMatchObject({ type: "reset", stream: 2 });
  client.ws.terminate();
  expect(await call).toMatchObject({ error: { code: "deadline_exceeded", outcome: "unknown" } });
}, 60_000);
