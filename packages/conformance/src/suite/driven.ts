/**
 * Calls of a peer under test that is driven by lines, and what its application hears of them.
 *
 * @module
 */
import { z } from "zod";
import type { Patience } from "../harness/channel.ts";
import type { DriverEvent, Json, PeerProcess } from "../harness/driver.ts";
import type { Value } from "../wire/body.ts";
import { Failure } from "./verdict.ts";

/** What the peer's application is to call. */
export interface PeerCallOptions {
  /** Default: `suite.read`, which the suite offers. */
  readonly tool?: string;
  readonly input?: Value;
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly acceptTimeoutMs?: number;
  readonly turn?: string;
  readonly priority?: "interactive" | "normal" | "bulk";
  /** It reads so many items: a gateway leaves the loop then, a client when `leave()` says so. -1: it reads none. */
  readonly take?: number;
}

/** The fields of the event `end`, and of what `test.call` returns. */
export const SettledValue: z.ZodType<Settled> = z.looseObject({
  ok: z.boolean(),
  value: z.unknown().optional(),
  code: z.string().optional(),
  outcome: z.string().optional(),
  message: z.string().optional(),
  retryable: z.boolean().optional(),
  items: z.array(z.unknown()).optional(),
  accepts: z.array(z.string()).optional(),
});

/** What the peer's application was told. */
export interface Settled {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly code?: string | undefined;
  readonly outcome?: string | undefined;
  readonly message?: string | undefined;
  readonly retryable?: boolean | undefined;
  /** Gateways under test only. */
  readonly items?: readonly unknown[] | undefined;
  /** Gateways under test only. */
  readonly accepts?: readonly string[] | undefined;
}

/** A call of a peer that is driven by lines. */
export interface DrivenCall {
  /** What the application was told in the end. */
  settled(options?: Patience): Promise<Settled>;
  cancel(): void;
  /** Reads so many items more. */
  read(items: number): void;
  /** Leaves the loop over the items. */
  leave(): void;
  /** The next event of the call. */
  event(name: "accept" | "progress" | "item", options?: Patience): Promise<DriverEvent>;
}

let ids = 0;

/** Has a session of a driven peer make a call. `patience` turns a wait into milliseconds. */
export function drivenCall(
  process: PeerProcess,
  name: string,
  options: PeerCallOptions & { readonly tool: string },
  patience: (options?: Patience) => number,
): DrivenCall {
  const { tool, input, take, ...rest } = options;
  const id = `call-${++ids}`;
  const say = (line: Readonly<Record<string, Json>>): void => process.send({ session: name, id, ...line });
  say({
    do: "call",
    tool,
    ...(input === undefined ? {} : { input: toJson(input) }),
    ...rest,
    ...(take === undefined ? {} : { manual: true }),
  });
  if (take !== undefined && take > 0) say({ do: "read", items: take });
  const events = process.events(name);
  const event = async (kind: string, within?: Patience): Promise<DriverEvent> =>
    events.take((entry) => entry.event === kind && entry["id"] === id, patience(within), `the event ${kind}`);
  return {
    settled: async (within) => {
      const parsed = SettledValue.safeParse(await event("end", within));
      if (!parsed.success) throw new Failure('The event "end" has not the fields that section 15 gives it.');
      const { value, ...others } = parsed.data;
      return value === undefined ? others : { ...others, value: fromJson(value) };
    },
    cancel: () => say({ do: "cancel" }),
    read: (items) => say({ do: "read", items }),
    leave: () => say({ do: "leave" }),
    event: async (kind, within) => {
      const found = await event(kind, within);
      return "value" in found ? { ...found, value: fromJson(found["value"]) } : found;
    },
  };
}

const Octets = z.strictObject({ $bytes: z.string() });

/** A value as it stands on a line: octets as `{"$bytes": base64}`. */
export function toJson(value: Value): Json {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson(entry)]));
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}

/** The value that stands on a line. */
export function fromJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== "object" || json === null) return json;
  const octets = Octets.safeParse(json);
  if (octets.success) return new Uint8Array(Buffer.from(octets.data.$bytes, "base64"));
  return Object.fromEntries(Object.entries(json).map(([key, entry]) => [key, fromJson(entry)]));
}
