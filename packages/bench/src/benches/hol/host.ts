/**
 * The host whose WebSocket it is: text messages of its own, which its other end sends back.
 *
 * @module
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer, type RawData } from "ws";

const PREFIX = "host ping ";

/** A WebSocket server on a port that is free. */
export async function listen(connected: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", connected);
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A WebSocket that is open. */
export async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 28 });
  await once(socket, "open");
  return socket;
}

/** The text of a message of the host's; undefined for any other. `ws` hands over one Buffer, as nobody asked for anything else. */
export function hostText(data: RawData): string | undefined {
  const octets = data as Buffer;
  return octets.length < 64 && octets.toString("latin1", 0, PREFIX.length) === PREFIX ? octets.toString() : undefined;
}

/** The server's end: sends back what the host's other end sent. */
export function echo(socket: WebSocket): void {
  socket.on("message", (data) => {
    const text = hostText(data);
    if (text !== undefined) socket.send(text);
  });
}

/** The client's end: sends a message, and resolves when it is back. One at a time. */
export function pinger(socket: WebSocket): (number: number) => Promise<boolean> {
  let arrived: (text: string) => void = () => {};
  socket.on("message", (data) => {
    const text = hostText(data);
    if (text !== undefined) arrived(text);
  });
  return (number) =>
    new Promise((resolve) => {
      const sent = `${PREFIX}${number}`;
      arrived = (text) => resolve(text === sent);
      socket.send(sent);
    });
}
