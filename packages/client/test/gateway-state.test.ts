import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Acceptance, type PeerState } from "../src/index.ts";
import { VirtualNetwork, welcome } from "./support/virtual-network.ts";

const tools = defineTools({ wait: tool({ description: "Waits.", input: z.null(), output: z.null(), effect: "read" }) });

describe("A session's view of its gateway", () => {
  it("says that it lives while the session stands, and nothing while there is no connection", async () => {
    const network = new VirtualNetwork(welcome);
    const connecting = network.connect();
    await network.time.settle();
    const session = await connecting;
    await network.time.advance(40);
    expect(session.gateway).toEqual({ state: "alive", lagMs: undefined, silentMs: 40 });
    const closed = session.close();
    await network.time.settle();
    await closed;
    expect(session.gateway).toBeUndefined();
  });

  it("follows a gateway that becomes busy, falls silent, and recovers, and tells each change once", async () => {
    const network = new VirtualNetwork(welcome);
    const running = Promise.withResolvers<null>();
    network.registry.implement(tools, { wait: () => running.promise });
    const session = await network.session();
    const states: PeerState[] = [];
    session.addEventListener("gateway", ({ detail }) => {
      states.push(detail.state);
      expect(detail).toEqual(session.gateway);
    });
    network.lagMs = 4_000;
    const call = session.client(tools).wait(null);
    await network.time.settle();
    expect(session.gateway).toMatchObject({ state: "busy", lagMs: 4_000 });
    await network.time.advance(3_000);
    expect(states).toEqual(["busy"]);
    const [carrier] = network.clientCarriers;
    // What the client says does not arrive for a while.
    if (carrier !== undefined) carrier.blocked = true;
    await network.time.advance(3_000);
    expect(states).toEqual(["busy", "quiet"]);
    network.lagMs = 0;
    carrier?.drain();
    await network.time.settle();
    expect(states).toEqual(["busy", "quiet", "alive"]);
    running.resolve(null);
    await network.time.settle();
    expect(await call).toBeNull();
  });

  it("is told with ACCEPT, as onAccept is: how late it is, and where the call stands", async () => {
    const network = new VirtualNetwork(welcome);
    const running = Promise.withResolvers<null>();
    network.registry.implement(tools, {
      wait: (_input, call) => {
        call.waiting("a person");
        return running.promise;
      },
    });
    const session = await network.session();
    network.lagMs = 700;
    const accepted: Acceptance[] = [];
    const call = session.client(tools).wait(null, { onAccept: (acceptance) => accepted.push(acceptance) });
    await network.time.settle();
    expect(accepted.at(-1)).toEqual({ state: "waiting", reason: "a person", lagMs: 700 });
    expect(session.gateway).toMatchObject({ state: "busy", lagMs: 700 });
    running.resolve(null);
    await network.time.settle();
    expect(await call).toBeNull();
  });
});
