/**
 * What every way into the gateway ends in: the tools themselves, behind the session's lane.
 *
 * @module
 */

import type { z } from "zod";
import type { CronService } from "../cron/service.ts";
import { HostError } from "../host/message.ts";
import { isToolName, TOOLS, type ToolName } from "../tools.ts";
import type { Busy } from "./busy.ts";
import type { Lanes } from "./lanes.ts";

/** What the gateway knows about whoever calls. */
export interface Caller {
  readonly session: string;
  /** The turn that the call belongs to, where the way in can say so. */
  readonly turn?: string | undefined;
  /** An idempotency key, where the way in has one. */
  readonly key?: string | undefined;
}

type Handlers = { readonly [Name in ToolName]: (args: z.infer<(typeof TOOLS)[Name]["input"]>) => unknown };

/** Runs tools for the ways in that have no contract of their own: the host protocol and HTTP. */
export class Calls {
  readonly #handlers: Handlers;
  readonly #lanes: Lanes;
  readonly #busy: Busy;
  readonly #byKey = new Map<string, { fingerprint: string; result: Promise<unknown> }>();

  constructor(cron: CronService, lanes: Lanes, busy: Busy) {
    this.#handlers = {
      "cron.list": () => cron.list(),
      "cron.add": (spec) => cron.add(spec),
      "cron.remove": ({ id }) => cron.remove(id),
      "cron.run": ({ id }) => cron.run(id),
    };
    this.#lanes = lanes;
    this.#busy = busy;
  }

  /** Checks the arguments, and runs the tool once per key. Throws a {@link HostError}. */
  async call(name: string, args: unknown, caller: Caller): Promise<unknown> {
    if (!isToolName(name)) throw new HostError("unimplemented", `no tool ${name}`);
    const parsed = TOOLS[name].input.safeParse(args);
    if (!parsed.success) {
      const paths = parsed.error.issues.map((issue) => issue.path.join(".") || "(root)");
      throw new HostError("invalid_argument", `wrong arguments for ${name}: ${paths.join(", ")}`);
    }
    if (caller.key === undefined) return await this.run(name, parsed.data, caller);

    const fingerprint = JSON.stringify([name, parsed.data]);
    const known = this.#byKey.get(`${caller.session} ${caller.key}`);
    if (known !== undefined && known.fingerprint !== fingerprint) {
      throw new HostError("already_exists", "this idempotency key belongs to another call");
    }
    if (known !== undefined) return await known.result;
    const result = this.run(name, parsed.data, caller);
    this.#byKey.set(`${caller.session} ${caller.key}`, { fingerprint, result });
    return await result;
  }

  /** Runs a tool whose arguments have been checked, when the lane lets it. */
  run(name: ToolName, args: unknown, caller: Caller): Promise<unknown> {
    this.#busy.arrived(name);
    return this.#lanes.enter(caller.session, caller.turn, () =>
      (this.#handlers[name] as (args: unknown) => unknown)(args),
    );
  }
}
