import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { Channel } from "../../src/harness/channel.ts";
import { KEYS } from "../../src/harness/keys.ts";
import { Socket } from "../../src/harness/socket.ts";
import { Trace } from "../../src/harness/trace.ts";
import type { Carriage } from "../../src/wire/message.ts";

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

/** What becomes of a channel whose peer says these things first, and something of the host's last. */
async function heard(carriage: Carriage, messages: readonly string[]): Promise<Channel> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (peer) => {
    for (const message of [...messages, "the last word"]) peer.send(message);
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const socket = await Socket.dial(`ws://127.0.0.1:${address.port}`, 10_000);
  const channel = new Channel(socket, { carriage, trace: new Trace(), timeScale: 1, key: KEYS.conformance });
  while ((await channel.hostMessage()) !== "the last word");
  socket.cut();
  server.close();
  return channel;
}

it("an envelope that is no JSON, or that nobody can walk, is the host's, and does not end the suite", async () => {
  const channel = await heard("wrapped", ['{"host":nonsense', `{"host":{"other":${deep(200_000)}}}`]);
  expect(channel.firstFault).toBeUndefined();
});

it("a message that is nested deeper than can be walked is its peer's fault, and does not end the suite", async () => {
  const row = `[4,0,0,${deep(200_000)},null]`;
  const channel = await heard("text", [`{"turnmux":[1,"${"0".repeat(16)}",${row}]}`]);
  expect(channel.firstFault?.message).toContain("The peer sent");
});
