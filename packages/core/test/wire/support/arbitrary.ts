import fc from "fast-check";
import type { Frame } from "../../../src/wire/frame.ts";

const uint = fc.oneof(
  fc.nat(200),
  fc.nat(),
  fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const stream = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 0x7fff_ffff }));
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: "binary", maxLength: maxLength / 4 }),
    fc.constantFrom("", "a".repeat(maxLength), "é".repeat(maxLength / 2), "\u{1f600}".repeat(maxLength / 4), "\ufeffa"),
  );
const octets = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const nonce = octets(16, 16);
const tag = octets(8, 8);
const other = text(1024);
const sentence = text(4096);
const tool = text(64);
const strings = fc.array(other, { maxLength: 4 });
const uints = fc.array(uint, { maxLength: 20 });
const limits = fc.record({ framePayload: uint, message: uint, streams: uint, assembling: uint });
const meta = fc.dictionary(
  text(20).filter((key) => key !== "__proto__"),
  text(40),
  { maxKeys: 32 },
);
const body = fc.oneof(
  octets(0, 40),
  text(40).map((value) => new TextEncoder().encode(value)),
);
const ends = { more: fc.boolean(), final: fc.boolean() };

/** Any frame that local code may send, by its type. */
export const FRAMES: { readonly [N in Frame["type"]]: fc.Arbitrary<Extract<Frame, { type: N }>> } = {
  hello: fc.record({
    type: fc.constant("hello"),
    versions: uints,
    nonce,
    tag,
    features: strings,
    limits,
    contents: uints,
    agent: optional(other),
    agentVersion: optional(other),
    resume: optional(fc.record({ sessionId: other, token: octets(0, 60), received: uint })),
  }),
  challenge: fc.record({
    type: fc.constant("challenge"),
    clientNonce: nonce,
    nonce,
    tag,
    version: uint,
    features: strings,
    audience: other,
    methods: strings,
  }),
  proof: fc.record({
    type: fc.constant("proof"),
    clientNonce: nonce,
    method: other,
    keyId: other,
    proof: octets(0, 300),
  }),
  welcome: fc.record({
    type: fc.constant("welcome"),
    clientNonce: nonce,
    tag,
    version: uint,
    features: strings,
    limits,
    contents: uints,
    heartbeatMs: uint,
    sessionId: other,
    principal: other,
    scopes: strings,
    resumeToken: optional(octets(0, 60)),
    resumedFrom: optional(uint),
    notResumed: optional(sentence),
  }),
  refuse: fc.record({
    type: fc.constant("refuse"),
    clientNonce: nonce,
    code: uint,
    message: sentence,
    retryAfterMs: optional(uint),
  }),
  open: fc.record({
    type: fc.constant("open"),
    stream,
    ...ends,
    tool: fc.oneof(tool, uint),
    callId: text(128),
    key: optional(text(256)),
    deadlineMs: optional(uint),
    priority: optional(uint),
    content: uint,
    turn: optional(fc.oneof(text(256), uint)),
    lineage: optional(other),
    trace: optional(text(256)),
    meta: optional(meta),
    body,
  }),
  accept: fc.record({
    type: fc.constant("accept"),
    stream,
    state: uint,
    reason: optional(sentence),
    place: optional(uint),
    lagMs: optional(uint),
    deadlineMs: optional(uint),
  }),
  data: fc.record({
    type: fc.constant("data"),
    stream,
    ...ends,
    head: optional(fc.record({ kind: fc.nat(255), content: fc.nat(255) })),
    body,
  }),
  end: fc.record({
    type: fc.constant("end"),
    stream,
    ...ends,
    code: uint,
    content: uint,
    message: optional(sentence),
    outcome: optional(uint),
    retryable: optional(fc.boolean()),
    retryAfterMs: optional(uint),
    body,
  }),
  reset: fc.record({ type: fc.constant("reset"), stream, code: uint, message: optional(sentence) }),
  credit: fc.record({ type: fc.constant("credit"), stream: fc.oneof(fc.constant(0), stream), limit: uint }),
  ack: fc.record({ type: fc.constant("ack"), received: uint }),
  ping: fc.record({ type: fc.constant("ping"), id: uint }),
  pong: fc.record({ type: fc.constant("pong"), id: uint, lagMs: optional(uint) }),
  offer: fc.oneof(
    fc.record({
      type: fc.constant("offer"),
      mode: fc.constantFrom(0, 1),
      tools: fc.array(
        fc.record({
          name: tool,
          effect: uint,
          deadlineMs: optional(uint),
          description: optional(text(100)),
          streams: optional(fc.boolean()),
          revision: optional(text(40)),
        }),
        { maxLength: 20 },
      ),
      names: fc.constant([]),
    }),
    fc.record({
      type: fc.constant("offer"),
      mode: fc.constant(2),
      tools: fc.constant([]),
      names: fc.array(tool, { maxLength: 20 }),
    }),
  ),
  goaway: fc.record({
    type: fc.constant("goaway"),
    code: uint,
    lastStream: uint,
    message: sentence,
    retryAfterMs: optional(uint),
    requirement: optional(other),
  }),
};

/** Any frame. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(...Object.values(FRAMES));
