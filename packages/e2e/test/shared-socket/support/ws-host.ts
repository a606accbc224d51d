import type { WebSocket as Ws } from "ws";
import type { HostMessage } from "../traffic/host-messages.ts";
import { Random } from "../traffic/random.ts";
import { fragmentsOf, sendWhole } from "./forms.ts";

/** Messages that may wait for the one before to be sent, until whoever asks for more waits as well. */
const MOST_DUE = 50;

/** After so many messages the host pings. */
const PING_EVERY = 100;

/** After so many messages the host waits until the socket has taken them. */
const FLUSH_EVERY = 64;

/** One side of a host on a socket of `ws`: says its messages in order, in every form that there is, and pings. */
export class WsHost {
  /** What its pings said. */
  readonly pings: string[] = [];
  /** What the pongs said that came back. */
  readonly pongs: string[] = [];
  /** What the pings of the other side said. */
  readonly pinged: string[] = [];
  readonly #socket: Ws;
  readonly #messages: readonly HostMessage[];
  readonly #random: Random;
  #said = 0;
  #due = 0;
  #pumping: Promise<void> | undefined;
  #allPongs: (() => void) | undefined;

  constructor(socket: Ws, messages: readonly HostMessage[], seed: number) {
    this.#socket = socket;
    this.#messages = messages;
    this.#random = new Random(seed);
    socket.on("ping", (data) => this.pinged.push(data.toString()));
    socket.on("pong", (data) => {
      this.pongs.push(data.toString());
      if (this.pongs.length === this.pings.length) this.#allPongs?.();
    });
  }

  /** Says the next message as soon as those before are said. A promise where that takes longer: wait for it. */
  say(count = 1): Promise<void> | undefined {
    this.#due = Math.min(this.#due + count, this.#messages.length);
    this.#pumping ??= this.#pump();
    return this.#due - this.#said > MOST_DUE ? this.#pumping : undefined;
  }

  /** How many messages it has said. */
  get said(): number {
    return this.#said;
  }

  /** Says so many messages more. Resolves when they are said. */
  async sayAll(count: number): Promise<void> {
    await this.say(count);
    await this.#pumping;
  }

  /** Says what is left. Resolves when all is said, and every ping answered. */
  async finish(): Promise<void> {
    await this.sayAll(this.#messages.length);
    if (this.pongs.length === this.pings.length) return;
    await new Promise<void>((resolve) => {
      this.#allPongs = resolve;
    });
  }

  async #pump(): Promise<void> {
    while (this.#said < this.#due) {
      const message = this.#messages[this.#said];
      if (message === undefined) break;
      await this.#send(message);
      this.#said += 1;
      if (this.#said % PING_EVERY === 0) this.#ping();
    }
    this.#pumping = undefined;
  }

  async #send(message: HostMessage): Promise<void> {
    const last = fragmentsOf(message);
    const binary = message.text === undefined;
    const whole = last.length === 1;
    const final = last.pop();
    for (const fragment of last) {
      this.#socket.send(fragment, { binary, fin: false });
      if (this.#random.oneIn(20)) this.#ping();
      // Others go on in between: turnmux has something to say by now, and must not say it.
      for (let turns = this.#random.below(4); turns > 0; turns--) await turn();
    }
    const sent = Promise.withResolvers<undefined>();
    const done = (error?: Error | null): void => {
      if (error) sent.reject(error);
      else sent.resolve(undefined);
    };
    if (whole) sendWhole(this.#socket, message, this.#random, done);
    else this.#socket.send(final ?? new Uint8Array(0), { binary, fin: true }, done);
    if (this.#said % FLUSH_EVERY === 0) await sent.promise;
    else sent.promise.catch(() => {});
  }

  #ping(): void {
    const said = `ping ${this.pings.length}`;
    this.pings.push(said);
    this.#socket.ping(said);
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
