import { describe, expect, it } from "vitest";
import { virtualCarriers, type VirtualCarrier } from "../../core/test/support/virtual-carrier.ts";
import { attachOn } from "../src/attach.ts";
import type { AttachedSession } from "../src/attached-session.ts";
import { tools, Workshop } from "./support/tools.ts";
import { VirtualNetwork } from "./support/virtual-network.ts";

interface Bench {
  readonly network: VirtualNetwork;
  readonly workshop: Workshop;
  readonly session: AttachedSession;
  readonly client: VirtualCarrier;
  readonly gateway: VirtualCarrier;
  /** Another carrier of the host's, with the gateway at its other end. */
  next(): VirtualCarrier;
}

/** A session on a host's carrier that wraps turnmux's messages into the host's own. */
async function bench(): Promise<Bench> {
  const network = new VirtualNetwork();
  network.resumable = true;
  const workshop = new Workshop();
  network.registry.implement(tools, workshop.handlers);
  const dial = (): { readonly client: VirtualCarrier; readonly gateway: VirtualCarrier } => {
    const carriers = virtualCarriers(network.time, "wrapped", true);
    network.accept(carriers.gateway, { kind: "vouched", grant: { principal: "alice", scopes: [] } });
    return carriers;
  };
  const { client, gateway } = dial();
  const session = attachOn(network, client, { waitMs: Number.POSITIVE_INFINITY });
  await network.time.settle();
  return { network, workshop, session, client, gateway, next: () => dial().client };
}

describe("A session on a host's wrapped messages, of which one is lost,", () => {
  it.each(["client", "gateway"] as const)(
    "on its way to the %s, waits for the next carrier, and goes on",
    async (to) => {
      const b = await bench();
      const { network, session } = b;
      const held = session.call("hold", {}, { timeoutMs: Number.POSITIVE_INFINITY });
      await network.time.settle();
      const carrier = b[to];
      const arrive = carrier.arrive.bind(carrier);
      let messages = 0;
      carrier.arrive = (message) => {
        messages += 1;
        if (messages > 1) arrive(message);
      };
      const echoes = [];
      for (const text of ["a", "b"]) {
        echoes.push(session.call("echo", text, { timeoutMs: Number.POSITIVE_INFINITY }));
        await network.time.settle();
      }
      expect(session.state).toBe("reconnecting");
      session.attach(b.next());
      await network.time.settle();
      b.workshop.release.open();
      await network.time.settle();
      expect(await Promise.all([held, ...echoes])).toEqual(["done", "a", "b"]);
      expect(network.sessions).toHaveLength(1);
      await network.close(session);
    },
  );

  it("may go on with the carrier that it had", async () => {
    const b = await bench();
    const { network, session, client, gateway } = b;
    const arrive = gateway.arrive.bind(gateway);
    let messages = 0;
    gateway.arrive = (message) => {
      messages += 1;
      if (messages > 1) arrive(message);
    };
    const echoes = [];
    for (const text of ["a", "b"]) {
      echoes.push(session.call("echo", text, { timeoutMs: Number.POSITIVE_INFINITY }));
      await network.time.settle();
    }
    expect(session.state).toBe("reconnecting");
    session.attach(client);
    await network.time.settle();
    expect(await Promise.all(echoes)).toEqual(["a", "b"]);
    expect(network.sessions).toHaveLength(1);
    await network.close(session);
  });
});
