import { World } from "../../../../core/test/support/world.ts";
import type { Pair, PairOptions, WorldKind } from "./pair.ts";

/** Two cores with virtual time between them. */
export const virtualWorld: WorldKind = { name: "two cores on virtual time", open };

async function open(options: PairOptions = {}): Promise<Pair> {
  const world = await World.ready(options);
  return {
    client: world.client,
    gateway: world.gateway,
    implement: (tools, handlers) => void world.registry.implement(tools, handlers),
    updateScopes: (scopes) => world.gatewaySessions.at(-1)?.control.setScopes(scopes),
    drain: () => world.acceptor.drain("the gateway is going down", 500),
    until: (promise) => drive(world, promise),
    close: async () => {
      await drive(world, world.client.close());
      await world.time.settle();
    },
  };
}

/** Lets time pass from one timer to the next until the promise has settled. */
async function drive<T>(world: World, promise: Promise<T>): Promise<T> {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  promise.then(settle, settle);
  for (let steps = 0; steps < 10_000; steps++) {
    await world.time.settle();
    if (state.settled) return promise;
    await world.time.advance(5);
  }
  throw new Error("nothing in this world settles the promise");
}
