/** Sessions on sockets of turnmux's own, in the page. */
import {
  connect,
  deviceKey,
  generateDeviceKey,
  sharedToken,
  TurnmuxError,
  type ClientSession,
  type DeviceKey,
} from "@turnmux/client";
import { implementing } from "@turnmux/client/implement";
import { textCarriage } from "@turnmux/client/text";
import { implementation, tools } from "../../test/shared-socket/traffic/tools.ts";

/** How a page proves who it is. */
export type Way =
  | { readonly token: string; readonly carriage?: "binary" | "text" }
  /** By the key that the page made. */
  | "device key";

/** What a session is, as the page knows it. */
export interface Standing {
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly offers: readonly string[];
}

/** See the module's comment. The session that was opened last counts. */
export class OwnSocket {
  #key: DeviceKey | undefined;
  #session: ClientSession | undefined;
  #states: string[] = [];

  async makeDeviceKey(): Promise<{ readonly keyId: string; readonly publicKey: string }> {
    this.#key = await generateDeviceKey();
    const { keyId, publicKey } = this.#key;
    return { keyId, publicKey };
  }

  async connect(url: string, way: Way): Promise<Standing> {
    try {
      const session = await connect(url, {
        auth: way === "device key" ? deviceKey(this.#made.keys) : sharedToken(way.token),
        carriage: way === "device key" ? "binary" : way.carriage,
        parts: [implementing, textCarriage],
        reconnect: { initialMs: 1 },
      });
      const states = [session.state as string];
      session.addEventListener("state", ({ detail }) => states.push(detail.state));
      session.implement(tools, implementation().handlers);
      this.#session = session;
      this.#states = states;
      return { principal: session.principal, scopes: session.scopes, offers: [...session.offers.keys()] };
    } catch (error) {
      throw told(error);
    }
  }

  async echo(value: string): Promise<unknown> {
    try {
      return await this.#standing.client(tools).echo(value);
    } catch (error) {
      throw told(error);
    }
  }

  /**
   * Calls `echo` with `"hold"`, and blocks the page for longer than the call may wait for ACCEPT. Then it calls `echo` again: what
   * the page has to say of the first call it says before.
   */
  async blockBehindCall(acceptTimeoutMs: number): Promise<unknown> {
    const api = this.#standing.client(tools);
    const until = performance.now() + acceptTimeoutMs * 2;
    api.echo("hold", { acceptTimeoutMs }).catch(() => {});
    // OPEN leaves in a microtask.
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    while (performance.now() < until);
    await new Promise((resolve) => {
      setTimeout(resolve, acceptTimeoutMs);
    });
    return api.echo("next");
  }

  async states(last: string, times: number): Promise<readonly string[]> {
    const session = this.#standing;
    const there = (): boolean => this.#states.filter((state) => state === last).length >= times;
    if (!there()) {
      await new Promise<void>((resolve) => {
        session.addEventListener("state", () => there() && resolve());
      });
    }
    return this.#states;
  }

  get #made(): DeviceKey {
    if (this.#key === undefined) throw new Error("the page has made no key");
    return this.#key;
  }

  get #standing(): ClientSession {
    if (this.#session === undefined) throw new Error("the page has no session");
    return this.#session;
  }
}

/** With code and outcome, since of an error only its message leaves the page. */
function told(error: unknown): unknown {
  return error instanceof TurnmuxError ? new Error(`${error.code}, ${error.outcome}: ${error.message}`) : error;
}
