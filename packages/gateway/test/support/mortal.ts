/** Gateways whose I/O thread ends when a test wants it to. */
import { onTestFinished } from "vitest";
import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import type { Endpoint, Gateway, ListenOptions } from "@turnmux/gateway";
import { killThreadOf } from "./kill-thread.ts";
import { MORTAL_SECRET } from "./mortal-auth.ts";

/** A client that connects anew, and what ends the thread that it is connected to. */
export interface Mortal {
  readonly endpoint: Endpoint;
  readonly client: ClientSession;
  /** Ends the I/O thread. Resolves when the client is connected to its successor. */
  readonly kill: () => Promise<void>;
}

/** An endpoint of a mortal I/O thread, and a client of it. */
export async function mortal(gateway: Gateway, options: Partial<ListenOptions> = {}): Promise<Mortal> {
  const auth = { module: new URL("./mortal-auth.ts", import.meta.url), export: "method" };
  const endpoint = gateway.listen({ port: 0, auth, ioThread: true, ...options });
  await endpoint.ready;
  const client = await connect(endpoint.url, { auth: sharedToken(MORTAL_SECRET) });
  onTestFinished(() => client.close());
  const kill = async (): Promise<void> => {
    const again = readyAgain(client);
    await killThreadOf(endpoint.url);
    await again;
  };
  return { endpoint, client, kill };
}

/** Resolves when a tool of this name is offered. */
export async function offered(client: ClientSession, name: string): Promise<void> {
  if (client.offers.has(name)) return;
  await new Promise<void>((resolve) => {
    client.addEventListener("offer", () => {
      if (client.offers.has(name)) resolve();
    });
  });
}

function readyAgain(client: ClientSession): Promise<void> {
  return new Promise((resolve) => {
    client.addEventListener("state", ({ detail }) => {
      if (detail.state === "ready") resolve();
    });
  });
}
