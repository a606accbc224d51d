/**
 * What a host says on its socket: made from a seed, so that the side that hears it knows what to expect.
 *
 * Runs in Node and in a page.
 *
 * @module
 */
import { Random } from "./random.ts";

/** One WebSocket message of a host. */
export interface HostMessage {
  /** The octets; of a text message, its UTF-8. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** The text, where it is a text message. */
  readonly text: string | undefined;
  /** Where the sender cuts it into fragments, in octets, ascending; also within a character. None: it is sent whole. */
  readonly cuts: readonly number[];
}

/** What may differ between hosts. */
export interface TrafficOptions {
  readonly seed: number;
  readonly count: number;
  /** Messages of another session of turnmux, which the host relays. */
  readonly recorded?: readonly (string | Uint8Array)[];
  /**
   * False leaves out what carries the tag zero, and looks like a handshake: while one is due, it is taken for one
   * (CARR-004).
   */
  readonly handshakes?: boolean;
  /** False where the sender cannot send fragments. */
  readonly fragments?: boolean;
  /** False where the receiver's runtime takes a byte order mark from the start of a text, as Node's WebSocket does. */
  readonly marks?: boolean;
  /** The longest message, in octets. Default: 100 KB. */
  readonly longest?: number;
}

/** The messages of one side of a host, in the order in which it sends them. */
export function hostMessages(options: TrafficOptions): HostMessage[] {
  const random = new Random(options.seed);
  return Array.from({ length: options.count }, () => hostMessage(random, options));
}

function hostMessage(random: Random, options: TrafficOptions): HostMessage {
  const content = random.pick(SHAPES)(random, options);
  const said = typeof content !== "string" || options.marks !== false ? content : content.replace(/^\ufeff+/, "");
  const octets = typeof said === "string" ? new TextEncoder().encode(said) : new Uint8Array(said);
  return {
    octets,
    text: typeof said === "string" ? said : undefined,
    cuts: options.fragments === false ? [] : cutsOf(random, octets.length),
  };
}

/** One message in eight comes in up to five fragments, some of them empty. */
function cutsOf(random: Random, length: number): number[] {
  if (!random.oneIn(8)) return [];
  return Array.from({ length: 1 + random.below(4) }, () => random.below(length + 1)).sort((a, b) => a - b);
}

type Shape = (random: Random, options: TrafficOptions) => string | Uint8Array;

/** Mostly short, some of a few KB, a few as long as they come. */
function lengthOf(random: Random, { longest = 100_000 }: TrafficOptions): number {
  const most = random.pick([8, 64, 64, 256, 256, 1_024, 1_024, 4_096]);
  return Math.min(longest, random.below(random.oneIn(80) ? longest + 1 : most));
}

const chat: Shape = (random, options) =>
  JSON.stringify({ type: "chat", id: random.next(), text: random.text(lengthOf(random, options)) });

const text: Shape = (random, options) => random.text(lengthOf(random, options));

const octets: Shape = (random, options) => random.octets(lengthOf(random, options));

/** A host that uses the same names, and people who write about them. */
const mention: Shape = (random) =>
  random.pick([
    `{"type":"chat","turnmux":[1,"${hexTag(random)}",[34,0,0,[1],null]]}`,
    `{ "turnmux":[1,"${hexTag(random)}",[34,0,0,[1],null]]}`,
    `\ufeff{"turnmux":[1,"${hexTag(random)}",[34,0,0,[1],null]]}`,
    '{"turnmux":{"version":1}}',
    '{"turnmux":"is great"}',
    '{"turnmux":1}',
    '{"turnmux":',
    '"turnmux"',
    `turnmux ${random.next()}`,
  ]);

/** Text that starts as turnmux's does, and is not meant for anybody here. */
const textAlike: Shape = (random, options) => {
  const zero = options.handshakes !== false && random.oneIn(3);
  const tag = zero ? "0000000000000000" : hexTag(random);
  return random.pick([
    `{"turnmux":[1,"${tag}",[34,0,0,[1],null]]}`,
    `{"turnmux":[1,"${tag}",[16,2,1,["echo","c_1",null,30000,1,1],${JSON.stringify(random.text(50))}]]}`,
    `{"turnmux":[1,"${tag}",${random.text(20)}`,
    `{"turnmux":[1,"${tag}"]}`,
    `{"turnmux":[1,"${tag.toUpperCase()}X"]}`,
    `{"turnmux":[2,"${hexTag(random)}",[34,0,0,[1],null]]}`,
    '{"turnmux":[1,"',
    '{"turnmux":[1]}',
    '{"turnmux":[]}',
    '{"turnmux":[',
  ]);
};

/** Octets that start as turnmux's do, and are not meant for anybody here. */
const binaryAlike: Shape = (random, options) => {
  const zero = options.handshakes !== false && random.oneIn(3);
  const tag = zero ? new Uint8Array(8) : random.octets(8);
  const ping = Uint8Array.of(0, 0, 2, 0x22, 0, 0, 0, 0, 0, 0x91, 1);
  return random.pick([
    joined(MARK, tag, ping),
    joined(MARK, tag, random.octets(lengthOf(random, options))),
    joined(MARK, tag),
    joined(MARK, tag.subarray(random.below(8))),
    joined(Uint8Array.of(0xc1, 0x02), tag, ping),
    Uint8Array.of(0xc1),
    new TextEncoder().encode(`{"turnmux":[1,"${hexTag(random)}",[34,0,0,[1],null]]}`),
  ]);
};

const relayed: Shape = (random, options) => {
  const { recorded = [] } = options;
  return recorded.length === 0 ? binaryAlike(random, options) : random.pick(recorded);
};

const empty: Shape = (random) => random.pick<string | Uint8Array>(["", new Uint8Array(0)]);

const SHAPES: readonly Shape[] = [
  chat,
  chat,
  chat,
  text,
  text,
  octets,
  octets,
  octets,
  mention,
  textAlike,
  binaryAlike,
  relayed,
  empty,
];

const MARK = Uint8Array.of(0xc1, 0x01);

/** Never all zero. */
function hexTag(random: Random): string {
  const tag = random.octets(8);
  tag[0] = 0x80 | (tag[0] ?? 0);
  return Array.from(tag, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
