/**
 * The client's side of a host, on a standard WebSocket, with turnmux on the same socket. Runs in Node and in a page.
 *
 * @module
 */
import { attach } from "@turnmux/client";
import { implementing } from "@turnmux/client/implement";
import { textCarriage } from "@turnmux/client/text";
import { makeCalls } from "./calls.ts";
import { digestOf } from "./digest.ts";
import { Hearing } from "./hearing.ts";
import { hostMessages, type HostMessage, type TrafficOptions } from "./host-messages.ts";
import { implementation, tools } from "./tools.ts";

/** What the client's side is told. It can go from one process to another. */
export interface StandardRun {
  readonly seed: number;
  /** Messages of the host in each direction. */
  readonly messages: number;
  /** Calls in each direction. */
  readonly calls: number;
  readonly carriage: "binary" | "text";
  readonly binaryType: "arraybuffer" | "blob";
  /** As {@link TrafficOptions} has it. Default: true. */
  readonly marks?: boolean;
  /** Messages of another session: octets are base64, behind this mark. */
  readonly recorded: readonly string[];
}

/** What the client's side saw. */
export interface StandardReport {
  /** Messages that each listener heard. */
  readonly heard: Readonly<Record<string, number>>;
  /** Over all that one of them heard: see {@link digestOf}. */
  readonly digest: number;
  /** Calls made, all with the right result. */
  readonly made: number;
  /** Calls that the gateway made to this side. */
  readonly ran: number;
  /** How often turnmux and the host took turns. */
  readonly turns: number;
  /** As the event 'close' told it. */
  readonly closed: readonly [code: number, reason: string];
}

/** What the client's side of the host says. */
export function clientMessages(run: StandardRun): HostMessage[] {
  return hostMessages({ ...trafficOf(run), fragments: false });
}

/** What the server's side of the host says, fragments and all. */
export function serverMessages(run: StandardRun): HostMessage[] {
  return hostMessages({ ...trafficOf(run), seed: run.seed + 1 });
}

function trafficOf({ seed, messages, recorded, marks = true }: StandardRun): TrafficOptions {
  return { seed, count: messages, recorded: recorded.map(unpacked), marks };
}

const BASE64 = "base64,";

/** As {@link StandardRun.recorded} has it. */
export function packed(message: string | Uint8Array): string {
  if (typeof message === "string") return message;
  return BASE64 + btoa(Array.from(message, (octet) => String.fromCharCode(octet)).join(""));
}

function unpacked(message: string): string | Uint8Array {
  if (!message.startsWith(BASE64)) return message;
  return Uint8Array.from(atob(message.slice(BASE64.length)), (character) => character.charCodeAt(0));
}

/**
 * Talks as the host and calls as turnmux, until all is said and heard; then it waits for the other side to close. The
 * socket is new. Rejects where anything is wrong.
 */
export async function runStandardHost(socket: WebSocket, run: StandardRun): Promise<StandardReport> {
  const { seed, calls: count, carriage, binaryType } = run;
  const expected = serverMessages(run);
  const said = clientMessages(run);
  const closed = new Promise<readonly [number, string]>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]));
  });
  socket.binaryType = binaryType;
  const listeners = [
    new Listener("onmessage, set before", expected),
    new Listener("addEventListener", expected, true),
    new Listener("addEventListener, capturing", expected),
    new Listener("handleEvent", expected),
  ] as const;
  const [handler, plain, capturing, object] = listeners;
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a host may
  socket.onmessage = (event) => handler.hear(event);
  const client = attach(socket, { carriage, parts: [implementing, textCarriage] });
  socket.addEventListener("message", (event) => plain.hear(event));
  socket.addEventListener("message", (event) => capturing.hear(event), { capture: true });
  socket.addEventListener("message", { handleEvent: (event: MessageEvent) => object.hear(event) });
  const own = implementation();
  client.implement(tools, own.handlers);
  const turns = new Set<number>();
  socket.addEventListener("message", () => turns.add(own.runs.count));
  await client.ready;

  let next = 0;
  const say = (): void => {
    const message = said[next];
    next += 1;
    if (message !== undefined) socket.send(message.text ?? message.octets);
  };
  const made = await makeCalls(client, {
    seed: seed + 4,
    count,
    before: () => {
      // The last one tells the server that the calls are made.
      if (next < said.length - 1) say();
      return undefined;
    },
  });
  while (next < said.length) say();
  for (const listener of listeners) await listener.finish();
  const end = await closed;
  for (const listener of listeners) await listener.finish();
  return {
    heard: Object.fromEntries(listeners.map(({ hearing, name }) => [name, hearing.heard])),
    digest: plain.digest,
    made,
    ran: own.runs.count,
    turns: turns.size,
    closed: end,
  };
}

/** Hears events in their order, also where their data has to be read first. */
class Listener {
  readonly name: string;
  readonly hearing: Hearing;
  digest = 0;
  readonly #digests: boolean;
  #reading: Promise<void> | undefined;

  constructor(name: string, expected: readonly HostMessage[], digests = false) {
    this.name = name;
    this.#digests = digests;
    this.hearing = new Hearing(`the client, ${name}`, expected);
  }

  hear({ data }: MessageEvent): void {
    if (data instanceof Blob || this.#reading !== undefined) {
      this.#reading = this.#read(data);
    } else {
      this.#take(data);
    }
  }

  async finish(): Promise<void> {
    await this.hearing.until();
    await this.#reading;
    this.hearing.finish();
  }

  async #read(data: unknown): Promise<void> {
    const before = this.#reading;
    const octets = data instanceof Blob ? await data.arrayBuffer() : data;
    await before;
    this.#take(octets);
  }

  #take(data: unknown): void {
    if (typeof data !== "string" && !(data instanceof ArrayBuffer)) throw new TypeError("this is no data");
    const content = typeof data === "string" ? data : new Uint8Array(data);
    if (this.#digests) this.digest = digestOf(this.digest, content);
    this.hearing.hear(content, typeof data !== "string");
  }
}
