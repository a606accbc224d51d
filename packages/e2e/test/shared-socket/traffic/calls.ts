/** Many calls at once, each with a result that is known. Runs in Node and in a page. */
import { TurnmuxError, type Session } from "@turnmux/core";
import { Random } from "./random.ts";
import { itemOf, octetsOf, textOf, tools } from "./tools.ts";

/** How a side calls the other. */
export interface CallsOptions {
  readonly seed: number;
  readonly count: number;
  /** Calls under way at any time. Default: 8. */
  readonly parallel?: number;
  /** Called before each call. What it returns is waited for. */
  readonly before?: (index: number) => Promise<void> | undefined;
}

/** Makes the calls and checks what comes of each. Rejects at the first that is wrong. Resolves to how many were made. */
export async function makeCalls(session: Session, options: CallsOptions): Promise<number> {
  const { seed, count, parallel = 8, before } = options;
  const random = new Random(seed);
  const api = session.client(tools);
  const plans = Array.from({ length: count }, () => ({
    kind: random.pick(KINDS),
    seed: random.next(),
    length: lengthOf(random),
  }));
  let next = 0;
  let over = false;
  const worker = async (): Promise<void> => {
    while (next < plans.length && !over) {
      const at = next++;
      const plan = plans[at];
      if (plan === undefined) return;
      await before?.(at);
      try {
        await CALLS[plan.kind](api, plan.seed, plan.length);
      } catch (error) {
        over = true;
        throw new Error(`call ${at}, ${plan.kind} of ${plan.length}, went wrong`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return next;
}

type Api = ReturnType<typeof apiOf>;

function apiOf(session: Session) {
  return session.client(tools);
}

const CALLS = {
  echo: async (api: Api, seed: number, length: number) => {
    const random = new Random(seed);
    const sent = { id: seed, text: textOf(seed, Math.min(length, 500)), list: [random.next(), null, true, -0.5] };
    const got = await api.echo(sent);
    check(JSON.stringify(got) === JSON.stringify(sent));
  },
  nested: async (api: Api, seed: number) => {
    const sent = { turnmux: [1, "c1010000", { octets: octetsOf(seed, 20) }] };
    const got = await api.echo(sent);
    check(JSON.stringify(plain(got)) === JSON.stringify(plain(sent)));
  },
  text: async (api: Api, seed: number, length: number) => {
    check((await api.text({ seed, length })) === textOf(seed, length));
  },
  octets: async (api: Api, seed: number, length: number) => {
    const got = await api.octets({ seed, length });
    const right = octetsOf(seed, length);
    check(got.length === right.length && got.every((octet, at) => octet === right[at]));
  },
  items: async (api: Api, seed: number) => {
    const length = seed % 20;
    const call = api.items({ seed, length });
    let at = 0;
    for await (const item of call) {
      check(JSON.stringify(item) === JSON.stringify(itemOf(seed, at)));
      at += 1;
    }
    check(at === length && (await call.result) === length);
  },
  refuse: async (api: Api, seed: number) => {
    const why = `because of ${seed}`;
    const said = await api.refuse({ why }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (said instanceof TurnmuxError && said.outcome !== "failed") throw said;
    check(said instanceof TurnmuxError && said.message.includes(why));
  },
} as const;

const KINDS: readonly (keyof typeof CALLS)[] = ["echo", "echo", "echo", "nested", "text", "octets", "items", "refuse"];

/** Mostly short; one in 250 of up to 300,000. */
function lengthOf(random: Random): number {
  return random.below(random.oneIn(250) ? 300_000 : random.pick([10, 100, 1_000, 5_000]));
}

/** Octets as a list, which JSON shows. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]));
}

function check(right: boolean): void {
  if (!right) throw new Error("the result is not what it should be");
}
