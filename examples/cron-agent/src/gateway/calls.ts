/**
 * The ways in that turnmux is compared with: calls by the host protocol, and by HTTP. What turnmux does for a contract's
 * tools, they do by hand: find the tool, check the arguments, recognise a key.
 *
 * @module
 */

import type { z } from "zod";
import { tools } from "../contract.ts";
import type { CronService } from "../cron/service.ts";
import { HostError } from "../host/message.ts";
import type { Origin, Work } from "./work.ts";

/** What the gateway knows about whoever calls. */
export interface Caller extends Origin {
  /** An idempotency key, where the way in has one. */
  readonly key?: string | undefined;
}

/** Checks the arguments, and gives what is to be done with them. Throws a {@link HostError}. */
type Method = (args: unknown) => { readonly checked: unknown; readonly work: () => unknown };

/** Runs tools for the ways in that have no contract of their own. */
export class Calls {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #work: Work;
  readonly #byKey = new Map<string, { fingerprint: string; result: Promise<unknown> }>();

  constructor(cron: CronService, work: Work) {
    const { list, add, remove, run } = tools.cron;
    this.#methods = new Map([
      ["cron.list", method(list.input, () => cron.list())],
      ["cron.add", method(add.input, (spec) => cron.add(spec))],
      ["cron.remove", method(remove.input, ({ id }) => cron.remove(id))],
      ["cron.run", method(run.input, ({ id }) => cron.run(id))],
    ]);
    this.#work = work;
  }

  /** Checks the arguments, and runs the tool once per key. Throws a {@link HostError}. */
  async call(name: string, args: unknown, caller: Caller): Promise<unknown> {
    const method = this.#methods.get(name);
    if (method === undefined) throw new HostError("unimplemented", `no tool ${name}`);
    const { checked, work } = method(args);
    const run = () => this.#work.run(name, caller, work);
    if (caller.key === undefined) return await run();

    const fingerprint = JSON.stringify([name, checked]);
    const known = this.#byKey.get(`${caller.session} ${caller.key}`);
    if (known !== undefined && known.fingerprint !== fingerprint) {
      throw new HostError("already_exists", "this idempotency key belongs to another call");
    }
    if (known !== undefined) return await known.result;
    const result = run();
    this.#byKey.set(`${caller.session} ${caller.key}`, { fingerprint, result });
    return await result;
  }
}

function method<Input extends z.ZodType>(input: Input, work: (args: z.output<Input>) => unknown): Method {
  return (args) => {
    const parsed = input.safeParse(args);
    if (!parsed.success) {
      const paths = parsed.error.issues.map((issue) => issue.path.join(".") || "(root)");
      throw new HostError("invalid_argument", `wrong arguments: ${paths.join(", ")}`);
    }
    return { checked: parsed.data, work: () => work(parsed.data) };
  };
}
