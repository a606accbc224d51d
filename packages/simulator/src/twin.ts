/**
 * Someone who has heard what a client said, and says it again: with a token that is good no more, or as another principal.
 *
 * @module
 */
import type { CarrierMessage } from "@turnmux/core";
import type { ClientActor } from "./actors.ts";
import type { End } from "./connection.ts";
import type { Network } from "./network.ts";
import { Process } from "./process.ts";
import type { Random } from "./random.ts";
import { resumptionOf, type DeliveryWatch, type WatchedSession } from "./watch.ts";
import { framesOf, Type } from "./wire.ts";
import type { World } from "./world.ts";

/** What twins work with. */
export interface TwinOptions {
  readonly world: World;
  readonly network: Network;
  readonly delivery: DeliveryWatch;
  readonly octets: Random;
}

/** Who has nothing to do with anybody's session. */
const THIEF = "mallory";

/** What such a one may learn of it (RESUME-010). */
const NOTHING = "no such session stands";

/** See the module's comment. */
export class Twins {
  readonly #options: TwinOptions;
  #count = 0;

  constructor(options: TwinOptions) {
    this.#options = options;
  }

  /** Tries to get the session of this client. A `thief` has its latest token, and is another principal. */
  strike({ core, gateway, plan }: ClientActor, thief: boolean): void {
    const { world, network, delivery, octets } = this.#options;
    const { id } = core.session;
    const session = delivery.session(id);
    const message = session === undefined ? undefined : thief ? stolen(session) : repeated(session);
    if (message === undefined) return;
    this.#count += 1;
    const process = new Process(world, `twin${this.#count}`, octets, () => {});
    const principal = thief ? THIEF : plan.principal;
    world.note(process.name, `wants session ${id} as ${principal}`);
    network.dial({
      from: process,
      to: () => gateway.listening,
      silent: () => false,
      accept: (end) => gateway.core.accept(end, principal),
      opened: (connection) => {
        delivery.ignore(connection);
        const end = connection.client;
        end.start({
          message: (answer) => {
            this.#answered(end, answer, thief, id);
            return true;
          },
          drained: () => {},
          lost: () => {},
        });
        end.send(message);
      },
      failed: () => {},
      unhealthy: () => {},
    });
  }

  #answered(end: End, answer: CarrierMessage, thief: boolean, id: string): void {
    const { world } = this.#options;
    const who = thief ? "another principal" : "an old token";
    for (const frame of framesOf(answer) ?? []) {
      if (frame.type !== Type.welcome) continue;
      const { resumed, why = "" } = resumptionOf(frame);
      if (resumed) world.violate("tokens", `${who} resumes session ${id}`);
      else if (why.includes("RESUME-004")) world.violate("tokens", `${who} has ended session ${id}`);
      else if (thief && !why.startsWith(NOTHING)) world.violate("tokens", `${who} learns of session ${id}: ${why}`);
    }
    end.closeSocket({ code: 1000, reason: "it has heard enough" });
  }
}

/** The HELLO with which the session was resumed last, once its token is void. */
function repeated({ hello, spent }: WatchedSession): CarrierMessage | undefined {
  return spent ? hello : undefined;
}

/** The same with the latest token. */
function stolen({ hello, usedToken, token }: WatchedSession): CarrierMessage | undefined {
  if (!(hello instanceof Uint8Array) || usedToken === undefined || token?.length !== usedToken.length) return undefined;
  const forged = hello.slice();
  const at = Buffer.from(forged.buffer).indexOf(usedToken);
  if (at === -1) return undefined;
  forged.set(token, at);
  return forged;
}
