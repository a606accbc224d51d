import type { WebSocket as Ws } from "ws";
import { Hearing } from "../traffic/hearing.ts";
import { hostMessages, type TrafficOptions } from "../traffic/host-messages.ts";
import { octetsOf } from "./forms.ts";
import { WsHost } from "./ws-host.ts";

/** What {@link HostPair} works with. */
export interface HostPairOptions extends TrafficOptions {
  /** True for messages that are not the host's, where some are allowed. Default: there are none. */
  readonly ignore?: (octets: Uint8Array) => boolean;
}

/** Both sides of a host, each of which hears what the other says. */
export class HostPair {
  /** The server's side. */
  readonly near: WsHost;
  /** The client's side. */
  readonly far: WsHost;
  readonly #hearings: readonly [up: Hearing, down: Hearing];
  readonly #leave: readonly (() => void)[];

  /** `count` messages in each direction. */
  constructor(near: Ws, far: Ws, options: HostPairOptions) {
    const { seed, ignore } = options;
    const up = hostMessages(options);
    const down = hostMessages({ ...options, seed: seed + 1 });
    this.near = new WsHost(near, down, seed + 2);
    this.far = new WsHost(far, up, seed + 3);
    this.#hearings = [new Hearing("the server", up), new Hearing("the client", down)];
    const [hearsUp, hearsDown] = this.#hearings;
    this.#leave = [listen(near, hearsUp, ignore), listen(far, hearsDown, ignore)];
  }

  /** What the server and the client have heard. */
  get heard(): [server: number, client: number] {
    const [up, down] = this.#hearings;
    return [up.heard, down.heard];
  }

  /** Both say so many messages more, and it resolves when these are heard. */
  async say(count: number): Promise<void> {
    await Promise.all([this.near.sayAll(count), this.far.sayAll(count)]);
    await Promise.all([this.#hearings[0].until(this.far.said), this.#hearings[1].until(this.near.said)]);
  }

  /** Both say what is left. Rejects where anything was heard that is not right. */
  async finish(): Promise<void> {
    await Promise.all([this.near.finish(), this.far.finish()]);
    await Promise.all(this.#hearings.map((hearing) => hearing.until()));
    for (const hearing of this.#hearings) hearing.finish();
    for (const leave of this.#leave) leave();
  }
}

function listen(socket: Ws, hearing: Hearing, ignore: HostPairOptions["ignore"]): () => void {
  const hear = (data: unknown, isBinary: boolean): void => {
    const octets = octetsOf(data);
    if (ignore?.(octets) !== true) hearing.hear(octets, isBinary);
  };
  socket.on("message", hear);
  return () => socket.off("message", hear);
}
