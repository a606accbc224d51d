/**
 * Sessions that are driven by lines.
 *
 * @module
 */

import type { Session } from "@turnmux/client";
import { Calls, closedBy } from "./calls.ts";
import { obeyLines, say, type ConnectOrder, type Order, type SessionEvent } from "./lines.ts";

/** A session that was asked for, and may not stand yet. */
export interface Driven {
  /** Rejects where it never stands. */
  readonly standing: Promise<Session>;
  /** Says something in the host's protocol. Throws where there is no host. */
  host(text: string): void;
  close(): void;
}

/** Opens sessions, and tells what becomes of them with {@link watch}. */
export type Opener = (order: ConnectOrder, tell: (event: SessionEvent) => void) => Driven;

/** Obeys the lines until they end. */
export function drive(open: Opener): void {
  const sessions = new Map<string, { readonly driven: Driven; readonly calls: Calls }>();

  function connect(order: ConnectOrder): void {
    const tell = (event: SessionEvent): void => say({ ...event, session: order.session });
    const driven = open(order, tell);
    driven.standing.catch((error: unknown) => tell(closedBy(error)));
    sessions.set(order.session, { driven, calls: new Calls(driven.standing, tell) });
  }

  obeyLines((order: Order) => {
    if (order.do === "connect") {
      connect(order);
      return;
    }
    const found = sessions.get(order.session);
    if (found === undefined) throw new Error(`there is no session ${order.session}`);
    const { driven, calls } = found;
    if (order.do === "call") calls.call(order);
    else if (order.do === "read") calls.read(order.id, order.items);
    else if (order.do === "cancel") calls.cancel(order.id);
    else if (order.do === "leave") calls.leave(order.id);
    else if (order.do === "host") driven.host(order.text);
    else driven.close();
  });
}

/** Tells what becomes of a session from now on. */
export function watch(session: Session, tell: (event: SessionEvent) => void): void {
  session.addEventListener("state", ({ detail: { state, end, resumed = false } }) => {
    if (state === "ready") tell({ event: "open", id: session.id, resumed });
    else if (state === "reconnecting") tell({ event: "lost" });
    else if (state === "closed") {
      tell({ event: "closed", code: end?.code ?? "unknown", message: end?.message ?? "" });
    }
  });
  session.addEventListener("offer", ({ detail }) => tell({ event: "offer", tools: [...detail.tools.keys()] }));
}

/** Tells that a session stands, which {@link watch} was too late for. */
export function tellStanding(session: Session, tell: (event: SessionEvent) => void): void {
  tell({ event: "open", id: session.id, resumed: false });
  tell({ event: "offer", tools: [...session.offers.keys()] });
}
