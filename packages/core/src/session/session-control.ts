/**
 * What a session is made from, and what its owner does with it.
 *
 * @module
 */
import type { Limits } from "../limits.ts";
import type { CallPort } from "../peer/port.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import type { SessionEnd, SessionState } from "./events.ts";
import type { TakesCalls } from "./incoming-calls.ts";
import type { Interceptor } from "./interceptor.ts";
import type { Session } from "./session.ts";

/** Who a session is, from the side that grants it. */
export interface SessionIdentity {
  readonly id: string;
  readonly principal: string;
  readonly scopes: readonly string[];
}

/** What a session is made from. */
export interface SessionOptions {
  readonly environment: Environment;
  readonly limits: Limits;
  /** Takes the peer's calls, such as `toolServer`. Default: there are no tools, and none can be implemented. */
  readonly incoming?: TakesCalls | undefined;
  readonly interceptors?: readonly Interceptor[] | undefined;
  /**
   * On a client: whom handlers see as their caller, a gateway that may call every tool. Absent on a gateway, where the
   * session's own principal and scopes count.
   */
  readonly peer?: { readonly principal: string } | undefined;
  /**
   * Whether calls that nobody took wait for another connection when the present one drains or is gone. Default: on a client
   * (see {@link peer}), true.
   */
  readonly reconnects?: boolean | undefined;
  /** The deadline of a call whose caller and tool give none, in milliseconds. Tools with items have none then. */
  readonly timeoutMs?: number | undefined;
  /** How long a call waits to be accepted where its caller does not say, in milliseconds. Default: no limit of its own. */
  readonly acceptTimeoutMs?: number | undefined;
}

/** What the owner of a session does with it. */
export interface SessionControl {
  /** What it controls. */
  readonly session: Session;
  /** Calls go through this port from now on. `lost` tells why the session before was not resumed, where one was to be. */
  attach(port: CallPort, identity: SessionIdentity, lost?: SessionEnd): void;
  /** The port has events. */
  pump(): void;
  /** The port has no channel at present, and another one will follow: what happens meanwhile waits in the port. */
  suspend(end: SessionEnd): void;
  /** The port has a channel again; `identity` counts from now on. False where the session was closed meanwhile. */
  resume(identity: SessionIdentity): boolean;
  /** The port is gone, and another one will follow. */
  detach(state: "connecting" | "reconnecting", end?: SessionEnd): void;
  /** The session is over. */
  close(end: SessionEnd): void;
  /** What the session may do, as the gateway grants it now. */
  setScopes(scopes: readonly string[]): void;
  /** Takes the grant back: no call that was not begun begins, and the owner hears of it by {@link onRevoke}. */
  revoke(message: string): void;
  /** Set by the owner: told where the session is whenever that changes, before its listeners are. */
  onState: (state: SessionState, end: SessionEnd | undefined) => void;
  /** Set by the owner: the user closes the session. The owner ends the port, and then closes. */
  onClose: (message: string) => void;
  /** Set by the owner: the gateway takes the grant back. */
  onRevoke: (message: string) => void;
  readonly deadlines: Deadlines;
}
