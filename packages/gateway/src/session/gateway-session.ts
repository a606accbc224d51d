/**
 * A session as the gateway has it.
 *
 * @module
 */

import { Session, UsageError, type BegunTurn, type SessionControl, type SessionOptions } from "@turnmux/core";
import { checkScopes } from "../auth/grant.ts";

/**
 * A session from the gateway's side: calls to the client, and the grant, which the gateway may change or take back while the
 * session lives.
 */
export class GatewaySession extends Session {
  readonly #control: SessionControl;

  /** For the gateway: see `Gateway.attach`, `Gateway.listen` and `Gateway.openSession`. */
  constructor(options: SessionOptions, own: (control: SessionControl) => void) {
    let given: SessionControl | undefined;
    super(options, (control) => {
      given = control;
      own(control);
    });
    // `Session` hands it over in its constructor.
    this.#control = given as unknown as SessionControl;
  }

  /**
   * Replaces what the client may do, from the next call on. The client is offered what these scopes allow (TOOL-002); calls that
   * run already go on. Without effect when the session is over.
   *
   * @throws {UsageError} when the scopes are not an array of well-formed, non-empty texts
   */
  updateScopes(scopes: readonly string[]): void {
    checkScopes(scopes);
    if (this.state !== "closed") this.#control.setScopes([...scopes]);
  }

  /** Is for clients: the gateway has the lanes, and runs a turn of this session by `gateway.runTurn`. */
  override beginTurn(): Promise<BegunTurn> {
    return Promise.reject(new UsageError("beginTurn() is for clients: use gateway.runTurn(session, turn, run)"));
  }

  /**
   * Takes the grant back: the session ends at once with `permission_denied`, which the client is told together with
   * `message`, and calls under way end with their outcome. Resolves when that is done.
   */
  async revoke(message = "the gateway has taken the grant back"): Promise<void> {
    if (this.state !== "closed") this.#control.revoke(message);
    await this.closed;
  }
}
