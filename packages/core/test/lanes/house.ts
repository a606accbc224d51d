/** A gateway with lanes and several clients, on virtual time. */
import { z } from "zod";
import { defineTools, tool, type Acceptance, type Session, type ToolHandlers } from "../../src/index.ts";
import { ClientSide, GatewaySide, type ClientSideOptions, type GatewaySideOptions } from "../support/sides.ts";
import { virtualCarriers, type VirtualCarrier } from "../support/virtual-carrier.ts";
import { VirtualTime } from "../support/virtual-time.ts";

const anything = { input: z.unknown(), output: z.unknown() };

/** Tools of the gateway: two take the lane, and two of them run once for a key. */
export const tools = defineTools({
  talk: tool({ description: "Says something, in turn", ...anything, effect: "idempotent", lane: "session" }),
  pay: tool({ description: "Pays, in turn", ...anything, effect: "once", lane: "session" }),
  book: tool({ description: "Books, at any time", ...anything, effect: "once" }),
  look: tool({ description: "Looks, at any time", ...anything, effect: "read" }),
});

/** A tool of clients. */
export const asked = defineTools({ ask: tool({ description: "Asks the client", ...anything, effect: "read" }) });

/** A client of the house. */
export interface Guest {
  readonly session: Session;
  readonly side: ClientSide;
  /** Its session on the gateway. */
  readonly gateway: Session;
  readonly carrier: VirtualCarrier;
  /** Makes another connection for it. */
  reconnect(): Promise<void>;
}

/** See the module's comment. */
export class House {
  readonly time = new VirtualTime();
  readonly side: GatewaySide;
  #principal = "";

  constructor(handlers: Partial<ToolHandlers<typeof tools>> = {}, options: GatewaySideOptions = {}) {
    this.side = new GatewaySide(this.time, {
      admission: () => ({ kind: "vouched", grant: { principal: this.#principal, scopes: [] } }),
      ...options,
    });
    this.side.registry.implement(tools, {
      talk: (input) => input,
      pay: (input) => input,
      book: (input) => input,
      look: (input) => input,
      ...handlers,
    });
  }

  async guest(principal: string, options: ClientSideOptions = {}): Promise<Guest> {
    const side = new ClientSide(this.time, options);
    const dial = async (): Promise<VirtualCarrier> => {
      this.#principal = principal;
      const { client, gateway } = virtualCarriers(this.time);
      this.side.accept(gateway);
      side.dial(client);
      await this.time.settle();
      return client;
    };
    let carrier = await dial();
    const { session: gateway } = this.side.latest;
    return {
      session: side.session,
      side,
      gateway,
      get carrier() {
        return carrier;
      },
      reconnect: async () => {
        carrier = await dial();
      },
    };
  }
}

/** What a caller hears of its call before the end, in one line each. */
export function hearing(): { readonly heard: string[]; readonly onAccept: (acceptance: Acceptance) => void } {
  const heard: string[] = [];
  const onAccept = ({ state, reason, place }: Acceptance): void => {
    heard.push([state, reason, place].filter((part) => part !== undefined).join(" | "));
  };
  return { heard, onAccept };
}
