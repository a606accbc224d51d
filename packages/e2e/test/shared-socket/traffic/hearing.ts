import type { HostMessage } from "./host-messages.ts";

/**
 * One of a host's listeners. Sees whether all that it hears is what the other side of the host said, to the octet and
 * in order. Runs in Node and in a page.
 */
export class Hearing {
  readonly #name: string;
  readonly #expected: readonly HostMessage[];
  readonly #waits: { readonly count: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    [];
  #next: number;
  #fault: Error | undefined;

  /** `from`: the first message that it can hear. */
  constructor(name: string, expected: readonly HostMessage[], from = 0) {
    this.#name = name;
    this.#expected = expected;
    this.#next = from;
  }

  /** Messages heard, together with those before its time. */
  get heard(): number {
    return this.#next;
  }

  /** Hears a message. A text may come as its octets. */
  hear(data: string | Uint8Array, isBinary: boolean): void {
    const at = this.#next;
    const expected = this.#expected[at];
    this.#next += 1;
    if (this.#fault !== undefined) return;
    const octets = typeof data === "string" ? undefined : data;
    if (expected === undefined) this.#fail(at, "came although the other side said no more", data);
    else if (isBinary !== (expected.text === undefined)) this.#fail(at, "came as the other kind", data);
    else if (octets === undefined ? data !== expected.text : !sameOctets(octets, expected.octets)) {
      this.#fail(at, `is not what the other side said, which is ${shown(expected.octets)}`, data);
    } else {
      for (const wait of this.#waits) if (this.#next >= wait.count) wait.resolve();
    }
  }

  /** Resolves when so many messages, by default all, have been heard. Rejects at the first that is wrong. */
  async until(count: number = this.#expected.length): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#next >= count) return;
    await new Promise<void>((resolve, reject) => this.#waits.push({ count, resolve, reject }));
  }

  /** Throws where something is wrong, or missing. */
  finish(): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#next !== this.#expected.length) {
      throw new Error(`${this.#name}: heard ${this.#next} of ${this.#expected.length} messages`);
    }
  }

  #fail(at: number, what: string, data: string | Uint8Array): void {
    this.#fault = new Error(`${this.#name}: message ${at} ${what}: ${shown(data)}`);
    for (const wait of this.#waits) wait.reject(this.#fault);
  }
}

function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

function shown(data: string | Uint8Array): string {
  const octets = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const start = Array.from(octets.subarray(0, 24), (octet) => octet.toString(16).padStart(2, "0")).join(" ");
  const text = new TextDecoder().decode(octets.subarray(0, 60));
  return `${octets.length} octets, ${start} (${JSON.stringify(text)})`;
}
