/** A host with a protocol of its own on `ws`, which turnmux shares. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { attach, type AttachedSession, type AttachOptions, type ClientSocket } from "@turnmux/client";

/** Both ends of one of the host's connections. */
export interface HostConnection {
  /** The host's end. */
  readonly server: WebSocket;
  readonly client: WebSocket;
}

/** A host on a free port. `connected` is called in its connection event. */
export async function host(connected: (ws: WebSocket) => void = () => {}): Promise<() => Promise<HostConnection>> {
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(sockets, "listening");
  onTestFinished(() => {
    for (const ws of sockets.clients) ws.terminate();
    sockets.close();
  });
  const url = `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`;
  return async () => {
    const accepted = new Promise<WebSocket>((resolve) => {
      sockets.once("connection", (ws) => {
        connected(ws);
        resolve(ws);
      });
    });
    const client = new WebSocket(url);
    onTestFinished(() => client.terminate());
    const [server] = await Promise.all([accepted, once(client, "open")]);
    return { server, client };
  };
}

/** Collects a socket's messages as text, and waits for them. */
export class Inbox {
  readonly messages: string[] = [];
  readonly #waits: (() => void)[] = [];

  constructor(ws: WebSocket) {
    ws.on("message", (data) => {
      // ws gives a Buffer, as its default binaryType says.
      this.messages.push((data as Buffer).toString());
      for (const wait of this.#waits.splice(0)) wait();
    });
  }

  /** The first messages, once there are this many. */
  async first(count: number): Promise<string[]> {
    while (this.messages.length < count) await new Promise<void>((resolve) => this.#waits.push(resolve));
    return this.messages.slice(0, count);
  }
}

/** turnmux at the client's end of a host's socket, closed at the end of the test. */
export function attached(ws: ClientSocket, options: AttachOptions = {}): AttachedSession {
  const session = attach(ws, options);
  onTestFinished(() => session.close());
  return session;
}
