/** A client that reads nothing: its socket is paused. */
import { connect, sharedToken } from "@turnmux/client";
import { createGateway, defineTools, memoryJournal, tokenAuth, tool, type GatewaySession } from "@turnmux/gateway";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

const SECRET = "a shared secret of the tests";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

const STALL_MS = 5_000;

const tools = defineTools({
  give: tool({ description: "Gives text", input: z.number(), output: z.string(), effect: "read", timeoutMs: 600_000 }),
});

const MIB = 1 << 20;

it("A client whose socket is paused is let go, is told why, and has its call answered when it comes back", async () => {
  // More than the system's own buffers take.
  const most = {
    message: 64 * MIB,
    assembling: 128 * MIB,
    bulkInFlight: 64 * MIB,
    replay: 64 * MIB,
    streamCredit: 64 * MIB,
  };
  const gateway = createGateway({ logger: silent, journal: memoryJournal(), limits: { ...most, stallMs: STALL_MS } });
  onTestFinished(() => gateway.close());
  gateway.implement(tools, { give: (octets) => "x".repeat(octets) });
  const sessions: GatewaySession[] = [];
  const endpoint = gateway.listen({
    port: 0,
    auth: tokenAuth(SECRET, { principal: "alice", scopes: [] }),
    onSession: (session) => sessions.push(session),
  });
  await endpoint.ready;
  const sockets: WebSocket[] = [];
  const reasons: unknown[] = [];
  const session = await connect(endpoint.url, {
    auth: sharedToken(SECRET),
    limits: most,
    logger: { ...silent, warn: (_message, fields) => reasons.push(fields?.["reason"]) },
    reconnect: { initialMs: 1, maxMs: 20 },
    webSocket: (url, { headers }) => {
      const socket = new WebSocket(url, { headers });
      sockets.push(socket);
      return socket;
    },
  });
  onTestFinished(() => session.close());
  // The gateway knows that its client is there.
  expect(await session.client(tools).give(1)).toBe("x");
  const [socket] = sockets;
  const [granted] = sessions;
  if (socket === undefined || granted === undefined) throw new Error("there is no session");
  const call = session.client(tools).give(24 * MIB);
  socket.pause();
  expect(await granted.closed).toMatchObject({
    code: "resource_exhausted",
    message: `the peer has read nothing for ${STALL_MS} ms while there was something to read (stallMs)`,
  });
  // What was said to it is lost with its socket.
  socket.terminate();
  socket.resume();
  expect((await call).length).toBe(24 * MIB);
  expect(reasons.join()).toContain("the session is over: the peer has read nothing");
  expect(sessions.length).toBeGreaterThan(1);
}, 60_000);
