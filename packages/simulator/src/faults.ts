/**
 * What goes wrong, when it does.
 *
 * @module
 */
import type { ClientActor, GatewayActor } from "./actors.ts";
import type { FaultPlan } from "./plan.ts";
import type { World } from "./world.ts";

/** Lets a fault happen. One whose victim is not there has no effect. */
export function strike(
  fault: Exclude<FaultPlan, { kind: "twin" }>,
  world: World,
  clients: readonly ClientActor[],
  gateways: readonly GatewayActor[],
): void {
  if (world.trace !== undefined) world.note("FAULT", JSON.stringify(fault));
  const client = "client" in fault ? clients[fault.client] : undefined;
  const gateway = "gateway" in fault ? gateways[fault.gateway] : undefined;
  const connection = client?.core.end?.connection;
  switch (fault.kind) {
    case "cut":
      connection?.cut(fault, "cut");
      return;
    case "crash client":
      if (client === undefined) return;
      client.downMs = fault.downMs;
      client.process.killAfter(fault.effects);
      return;
    case "crash gateway":
      if (gateway === undefined) return;
      gateway.downMs = fault.downMs;
      gateway.process.killAfter(fault.effects);
      return;
    case "block client":
      client?.process.block(fault.forMs);
      return;
    case "block gateway":
      gateway?.process.block(fault.forMs);
      return;
    case "pause":
      client?.impair(fault.forMs);
      connection?.pause(fault.reader, fault.forMs);
      return;
    case "slow":
      client?.impair(Number.POSITIVE_INFINITY);
      connection?.slow(fault.reader, fault.rate);
      return;
    case "no network":
      if (client === undefined) return;
      client.offlineUntil = world.now + fault.forMs;
      client.refused = fault.refused;
      connection?.cut(fault.refused ? { clientMs: 0, gatewayMs: 0 } : {}, "no network");
      return;
    case "wall clock":
      if (client !== undefined) client.process.wallSkewMs += fault.byMs;
      if (gateway !== undefined) gateway.process.wallSkewMs -= fault.byMs;
      return;
    case "disk full":
      if (gateway === undefined) return;
      gateway.disk.fullUntil = world.now + fault.forMs;
      gateway.disk.disturbances += 1;
      return;
    case "disk slow":
      if (gateway !== undefined) gateway.disk.commitMs = fault.commitMs;
      return;
    case "drain":
      if (gateway === undefined) return;
      gateway.downMs = fault.downMs;
      gateway.drain();
      return;
    case "close session":
      client?.process.after(0, () => void client.core.session.close("the application wants another one"));
      return;
    case "lose":
      connection?.[fault.reader === "client" ? "gateway" : "client"].loseNext();
      return;
    case "move":
      client?.process.after(0, () => client.core.move());
      return;
    case "scopes":
      if (client === undefined) return;
      client.disturb();
      client.impair(Number.POSITIVE_INFINITY);
      narrow(client, fault.forMs, world);
  }
}

/** Its gateway takes scopes from a client for so long. */
function narrow(client: ClientActor, forMs: number, world: World): void {
  client.narrowed += 1;
  const latest = client.narrowed;
  setScopes(client, []);
  world.at(world.now + forMs, 2, () => {
    // A gateway that is blocked does all this late, and may have been told meanwhile to take them once more.
    setScopes(client, ["write"], () => {
      if (client.narrowed === latest) client.recover();
    });
  });
}

/** Its gateway gives the client's sessions other scopes. */
function setScopes({ gateway, process }: ClientActor, scopes: readonly string[], done?: () => void): void {
  const { core } = gateway;
  gateway.process.after(0, () => {
    for (const { control, client: owner } of core.live) {
      if (owner === process) control.setScopes(scopes);
    }
    done?.();
  });
}
