/**
 * A session between two sides of one process.
 *
 * @module
 */
import type { Code } from "../errors/codes.ts";
import type { PortEvent } from "../peer/port.ts";
import type { Environment } from "./environment.ts";
import { localPorts } from "./local-port.ts";
import type { SessionControl, SessionIdentity } from "./session.ts";

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
  // The end of a port is its last event: the session hears the others first.
  const endOf = (port: typeof clientPort, control: SessionControl): typeof clientPort => {
    const next = port.nextEvent.bind(port);
    port.nextEvent = (): PortEvent | undefined => {
      const event = next();
      if (event?.type !== "ended") return event;
      queueMicrotask(() => {
        control.close(event.end);
        if (control === gateway) over();
      });
      return undefined;
    };
    return port;
  };
  const pump = (): void => {
    gateway.pump();
    client.pump();
  };
  client.onClose = (message) => clientPort.close("cancelled", message);
  gateway.onClose = (message) => gatewayPort.close("cancelled", message);
  gateway.onRevoke = (message) => gatewayPort.close("permission_denied", message);
  gateway.attach(endOf(gatewayPort, gateway), identity);
  client.attach(endOf(clientPort, client), identity);
  return {
    close: (code, message) => gatewayPort.close(code, message),
    drain: (message, retryAfterMs) => gatewayPort.drain(message, retryAfterMs),
  };
}
