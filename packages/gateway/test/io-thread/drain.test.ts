/** A gateway that drains waits for what its I/O thread runs by itself. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { workerTool, type Gateway } from "@turnmux/gateway";
import { connected, listening, testGateway } from "../support/gateway.ts";
import { tools } from "../support/worker-module-that-waits.ts";
import { IMPATIENT } from "../support/worker-tools.ts";

const MODULE = new URL("../support/worker-module-that-waits.ts", import.meta.url);

/** A gateway whose I/O thread runs a worker tool that is kept, and whose caller has left. */
async function leftAlone(): Promise<{ gateway: Gateway; end: () => void }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const begun = once(server, "connection");
  const { gateway } = testGateway();
  const handler = workerTool(MODULE, { export: "waits", contract: "tools", terminateAfterMs: IMPATIENT });
  gateway.implement(tools, { waits: handler });
  const session = await connected(await listening(gateway, { ioThread: true }));
  const { port } = server.address() as AddressInfo;
  session
    .client(tools)
    .waits({ port })
    .catch(() => {});
  const [socket] = (await begun) as [Socket];
  // One that is cut off resets it.
  socket.on("error", () => {});
  await session.close();
  await expect.poll(() => gateway.sessions.size).toBe(0);
  return { gateway, end: () => void socket.end() };
}

it("counts the handlers of the I/O thread, and those that it cuts off", async () => {
  const { gateway } = await leftAlone();
  expect(gateway.stats()).toMatchObject({ running: { incoming: 0, handlers: 1 } });
  expect(await gateway.drain({ graceMs: 1 })).toEqual({ cutCalls: 1 });
  expect(gateway.stats()).toMatchObject({ running: { handlers: 0 } });
}, 60_000);

it("has drained as soon as the last handler of the I/O thread has ended", async () => {
  const { gateway, end } = await leftAlone();
  const drained = gateway.drain({ graceMs: 600_000 });
  end();
  expect(await drained).toEqual({ cutCalls: 0 });
  expect(gateway.stats()).toMatchObject({ running: { handlers: 0 } });
}, 60_000);
