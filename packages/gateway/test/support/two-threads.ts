/** The keys of one gateway in two threads, on virtual time: what each tells the other arrives a little later. */
import { memoryJournal, type Journal, type MemoryJournal, type Session, type ToolHandlers } from "@turnmux/core";
import { watch } from "../../../core/test/support/kit.ts";
import { jobs } from "../../../core/test/support/restarts.ts";
import { ClientSide, GatewaySide } from "../../../core/test/support/sides.ts";
import { virtualCarriers, type VirtualCarrier } from "../../../core/test/support/virtual-carrier.ts";
import { VirtualTime } from "../../../core/test/support/virtual-time.ts";
import { KeyExchange } from "../../src/io-thread/keys.ts";
import type { KeyMessage } from "../../src/io-thread/messages.ts";

/** The handlers of both threads. */
export type Handlers = ToolHandlers<typeof jobs>;

/** A journal that may be late, or refuse endings. */
class SlowJournal implements Journal {
  readonly name = "slow";
  readonly durable = false;
  refusesEndings = false;
  readonly #inner: MemoryJournal;
  #held: PromiseWithResolvers<undefined> | undefined;

  constructor(inner: MemoryJournal) {
    this.#inner = inner;
  }

  /** What is asked from now on is answered after {@link goOn}. */
  hold(): void {
    this.#held = Promise.withResolvers();
  }

  goOn(): void {
    this.#held?.resolve(undefined);
    this.#held = undefined;
  }

  async claim(claims: Parameters<Journal["claim"]>[0]): ReturnType<Journal["claim"]> {
    await this.#held?.promise;
    return this.#inner.claim(claims);
  }

  async settle(settlements: Parameters<Journal["settle"]>[0]): ReturnType<Journal["settle"]> {
    await this.#held?.promise;
    if (this.refusesEndings) throw new Error("the disk is full");
    return this.#inner.settle(settlements);
  }

  find(queries: Parameters<Journal["find"]>[0]): ReturnType<Journal["find"]> {
    return this.#inner.find(queries);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** One thread, and a client of it. */
export interface OneThread {
  readonly side: GatewaySide;
  readonly session: Session;
  readonly carrier: VirtualCarrier;
  readonly keys: KeyExchange;
}

/** See the module's comment. */
export class TwoThreads {
  readonly time = new VirtualTime();
  readonly journal: SlowJournal;
  readonly main: OneThread;
  readonly io: OneThread;
  /** What was said between them. */
  readonly said: KeyMessage["kind"][] = [];

  private constructor(
    time: VirtualTime,
    journal: SlowJournal,
    main: OneThread,
    io: OneThread,
    said: KeyMessage["kind"][],
  ) {
    this.time = time;
    this.journal = journal;
    this.main = main;
    this.io = io;
    this.said = said;
  }

  /** Both run the same tools. */
  static async start(handlers: Partial<Handlers>, records: MemoryJournal = memoryJournal()): Promise<TwoThreads> {
    const time = new VirtualTime();
    const journal = new SlowJournal(records);
    const said: KeyMessage["kind"][] = [];
    const tell = (to: () => KeyExchange) => (message: KeyMessage) => {
      said.push(message.kind);
      const copy = structuredClone(message);
      time.defer(() => to().take(copy));
    };
    const mainKeys: KeyExchange = new KeyExchange(
      tell(() => ioKeys),
      () => mainSide.once,
    );
    const ioKeys: KeyExchange = new KeyExchange(
      tell(() => mainKeys),
      () => ioSide.once,
    );
    const make = (others: KeyExchange): GatewaySide => {
      const side = new GatewaySide(time, { journal, others });
      const rest = { add: never, again: never, secret: never, note: never };
      side.registry.implement(jobs, { ...rest, ...handlers });
      return side;
    };
    const mainSide = make(mainKeys);
    const ioSide = make(ioKeys);
    const connect = async (side: GatewaySide, keys: KeyExchange): Promise<OneThread> => {
      const client = new ClientSide(time, { reconnects: false });
      const carriers = virtualCarriers(time);
      side.accept(carriers.gateway);
      client.dial(carriers.client);
      await time.settle();
      return { side, session: client.session, carrier: carriers.client, keys };
    };
    return new TwoThreads(time, journal, await connect(mainSide, mainKeys), await connect(ioSide, ioKeys), said);
  }

  /** The thread of this name, and the other one. */
  pair(first: "main" | "io"): readonly [OneThread, OneThread] {
    return first === "main" ? [this.main, this.io] : [this.io, this.main];
  }
}

/** The records of a gateway that died while it ran `tool` for the key `k`. */
export async function cutOff(tool: keyof Handlers = "add"): Promise<MemoryJournal> {
  const records = memoryJournal();
  const victim = await TwoThreads.start({}, records);
  const tools = victim.main.session.client(jobs);
  watch(tools[tool]({ name: "x" }, { key: "k" }));
  await victim.time.settle();
  records.abandon();
  victim.main.carrier.cut();
  await victim.time.settle();
  return records;
}

/** A handler that does not end. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
