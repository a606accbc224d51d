/** Messages of a session, as they cross the wire. */
import { attach } from "@turnmux/client";
import type { Carrier, CarrierListener, CarrierMessage } from "@turnmux/core";
import { createGateway } from "@turnmux/gateway";
import { makeCalls } from "../traffic/calls.ts";
import { implementation, tools } from "../traffic/tools.ts";

/**
 * Everything that both sides of a session sent, from HELLO on, calls in both directions among it: what a host may relay
 * that connects other people.
 */
export async function recordSession(carriage: "binary" | "text"): Promise<(string | Uint8Array)[]> {
  const recorded: (string | Uint8Array)[] = [];
  const [near, far] = connected(carriage, (message) => {
    if (typeof message === "string") recorded.push(message);
    else if (message instanceof Uint8Array) recorded.push(message.slice());
  });
  await using gateway = createGateway();
  gateway.implement(tools, implementation().handlers);
  const attachment = gateway.attach(near, { principal: "somebody else", scopes: [] });
  const client = attach(far);
  client.implement(tools, implementation().handlers);
  const session = await attachment.session;
  await client.ready;
  await Promise.all([makeCalls(client, { seed: 1, count: 40 }), makeCalls(session, { seed: 2, count: 40 })]);
  await client.close();
  return recorded.filter((message) => message.length < 50_000);
}

/** One end of a connection in memory. */
class MemoryCarrier implements Carrier {
  readonly carriage: "binary" | "text";
  readonly shared = true;
  readonly buffered = 0;
  readonly blocked = false;
  /** Takes what is sent. */
  deliver: (message: CarrierMessage) => void = () => {};
  listener: CarrierListener | undefined;

  constructor(carriage: "binary" | "text") {
    this.carriage = carriage;
  }

  start(listener: CarrierListener): void {
    this.listener = listener;
  }

  send(message: CarrierMessage): void {
    this.deliver(message);
  }

  detach(): void {
    this.listener = undefined;
  }

  close(): void {}
}

function connected(
  carriage: "binary" | "text",
  record: (message: CarrierMessage) => void,
): [MemoryCarrier, MemoryCarrier] {
  const near = new MemoryCarrier(carriage);
  const far = new MemoryCarrier(carriage);
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.deliver = (message) => {
      record(message);
      setImmediate(() => to.listener?.message(message));
    };
  }
  return [near, far];
}
