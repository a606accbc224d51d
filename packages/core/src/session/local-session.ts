/**
 * A session between two sides of one process.
 *
 * @module
 */
import type { Code } from "../errors/codes.ts";
import type { Environment } from "./environment.ts";
import type { SessionEnd } from "./events.ts";
import { localPorts } from "./local-port.ts";
import type { SessionControl, SessionIdentity } from "./session-control.ts";

/** Ends a local session from the gateway's side. */
export interface LocalSession {
  close(code: Code, message: string): void;
  drain(message: string, retryAfterMs?: number): void;
}

/**
 * Connects the two ends of an in-process session. Both close when either does.
 *
 * @param over called once, when the session is over
 */
export function connectLocally(
  environment: Environment,
  client: SessionControl,
  gateway: SessionControl,
  identity: SessionIdentity,
  over: () => void,
): LocalSession {
  let woken = false;
  const wake = (): void => {
    if (woken) return;
    woken = true;
    queueMicrotask(() => {
      woken = false;
      pump();
    });
  };
  const [clientPort, gatewayPort] = localPorts(
    () => environment.now(),
    wake,
    (run) => environment.defer(run),
  );
  let isOver = false;
  const closed = (control: SessionControl, end: SessionEnd): void => {
    control.close(end);
    if (control !== gateway || isOver) return;
    isOver = true;
    over();
  };
  // The session hears all that came before: not out of the event itself, but behind it.
  gatewayPort.onEnded = (end) => queueMicrotask(() => closed(gateway, end));
  clientPort.onEnded = (end) => queueMicrotask(() => closed(client, end));
  const pump = (): void => {
    try {
      gateway.pump();
      client.pump();
    } catch (error) {
      // As across a channel: a fault costs the session, and nothing else.
      environment.log.error("turnmux: an event could not be handled; the session ends", { error });
      const message = "this side has a fault, which its log tells of";
      gatewayPort.close("internal", message);
      for (const control of [client, gateway])
        closed(control, { cause: "closed", code: "internal", message, byPeer: false });
    }
  };
  client.onClose = (message) => clientPort.close("cancelled", message);
  gateway.onClose = (message) => gatewayPort.close("cancelled", message);
  gateway.onRevoke = (message) => gatewayPort.close("permission_denied", message);
  gateway.attach(gatewayPort, identity);
  client.attach(clientPort, identity);
  return {
    close: (code, message) => gatewayPort.close(code, message),
    drain: (message, retryAfterMs) => gatewayPort.drain(message, retryAfterMs),
  };
}
