/**
 * Calls that a model makes again, each out of a process of its own.
 *
 * @module
 */
import type { PortBody } from "../peer/port.ts";

/** Milliseconds after which a repetition is a new call: whoever was told "unknown" has had the time to look what became of it. */
const REMEMBERED_MS = 600_000;

/** Calls that are remembered, and octets of the arguments of one. */
const REMEMBERED = 1_000;
const MOST_OCTETS = 16 * 1024;

/**
 * Which calls of a turn's processes were reported with outcome `unknown`. The same call again, by whichever process, takes over the key and so
 * joins the first one (KEY-010): a process that was told "unknown" is gone, and the next one knows nothing of it.
 */
export class Repeats {
  readonly #keys = new Map<string, { readonly key: string; readonly until: number }>();
  readonly #now: () => number;

  /** `now` is a clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A call with this key was reported as `unknown`. */
  unknown(tool: string, body: PortBody, key: string): void {
    const subject = subjectOf(tool, body);
    if (subject === undefined) return;
    this.#keys.delete(subject);
    this.#keys.set(subject, { key, until: this.#now() + REMEMBERED_MS });
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
  }

  /** The key that a call takes over, once. */
  take(tool: string, body: PortBody): string | undefined {
    if (this.#keys.size === 0) return undefined;
    const subject = subjectOf(tool, body);
    if (subject === undefined) return undefined;
    const found = this.#keys.get(subject);
    this.#keys.delete(subject);
    return found === undefined || found.until < this.#now() ? undefined : found.key;
  }
}

/** Equal for calls with the same octets; undefined for what is not remembered. */
function subjectOf(tool: string, body: PortBody): string | undefined {
  if (body.content === "local" || body.octets.length > MOST_OCTETS) return undefined;
  let text = `${tool}\n${body.content}\n`;
  for (const octet of body.octets) text += String.fromCharCode(octet);
  return text;
}
