/**
 * The handshake, from either side, as a conformant peer says it; each step may be changed by a case.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { Failure } from "../suite/verdict.ts";
import * as build from "../wire/build.ts";
import { codeName } from "../wire/constants.ts";
import { encodePayload, type Frame } from "../wire/frame.ts";
import type { FieldsOf } from "../wire/parse.ts";
import type { Channel } from "./channel.ts";
import { prove, proves, type SuiteKey } from "./keys.ts";
import { SUITE_LIMITS, type StatedLimits } from "./limits.ts";
import type { Established } from "./session.ts";

/** The features that this suite speaks. */
export const FEATURES: readonly string[] = ["delivery", "credit"];
const CONTENTS: readonly number[] = [1, 2, 3, 4];

/** What a case may choose where the suite says HELLO. */
export interface HelloOptions {
  readonly versions?: readonly number[];
  readonly features?: readonly string[];
  readonly limits?: Partial<StatedLimits>;
  readonly contents?: readonly number[];
  readonly nonce?: Uint8Array;
  readonly tag?: Uint8Array;
  readonly resume?: { readonly sessionId: string; readonly token: Uint8Array; readonly received: number };
}

/** What a case may choose in a handshake as the client. */
export interface ClientHandshakeOptions extends HelloOptions {
  /** Default: the channel's. */
  readonly key?: SuiteKey;
}

/** HELLO as it goes out, with what the rest of the handshake needs of it. */
export interface Hello {
  readonly frame: Frame;
  readonly payload: Uint8Array;
  readonly nonce: Uint8Array;
  readonly limits: StatedLimits;
}

/** A HELLO with the suite's limits for `features`, and the channel's own tag. */
export function makeHello(channel: Channel, options: HelloOptions = {}): Hello {
  const nonce = options.nonce ?? randomBytes(16);
  const features = options.features ?? FEATURES;
  const limits = { ...SUITE_LIMITS, ...options.limits };
  const frame = build.hello({
    versions: options.versions ?? [1],
    nonce,
    tag: options.tag ?? channel.tag,
    features,
    limits: stated(limits, features),
    contents: options.contents ?? CONTENTS,
    agent: "turnmux-conformance",
    ...(options.resume === undefined ? {} : { resume: options.resume }),
  });
  return { frame, payload: encodePayload(frame), nonce, limits };
}

/** The limits that are stated where these features are. */
export function stated(limits: StatedLimits, features: readonly string[]): Partial<StatedLimits> {
  const { framePayload, message, streams, assembling, replay, streamCredit, channelCredit } = limits;
  return {
    framePayload,
    message,
    streams,
    assembling,
    ...(features.includes("delivery") ? { replay } : {}),
    ...(features.includes("credit") ? { streamCredit, channelCredit } : {}),
  };
}

/** What {@link clientHandshake} came to. */
export interface ClientHandshake {
  readonly established: Established;
  readonly welcome: FieldsOf<"welcome">;
  /** Absent where the host vouched for the socket. */
  readonly challenge: FieldsOf<"challenge"> | undefined;
  readonly hello: Hello;
}

/**
 * HELLO, PROOF where it is asked for, and WELCOME.
 *
 * @throws Failure when the gateway refuses.
 */
export async function clientHandshake(
  channel: Channel,
  options: ClientHandshakeOptions = {},
): Promise<ClientHandshake> {
  const hello = makeHello(channel, options);
  channel.send(hello.frame);
  const challenge = await challengeOrWelcome(channel, hello, options.key ?? channel.key);
  const welcome = await welcomed(channel);
  channel.peerTag = welcome.tag;
  return { established: establishedByWelcome(welcome, hello), welcome, challenge, hello };
}

async function challengeOrWelcome(
  channel: Channel,
  hello: Hello,
  key: SuiteKey,
): Promise<FieldsOf<"challenge"> | undefined> {
  const kinds = [0x02, 0x04, 0x05];
  const first = await channel.frames.take(
    ({ frame }) => kinds.includes(frame.type),
    channel.patience(),
    "CHALLENGE, WELCOME or REFUSE",
  );
  if (first.frame.type !== 0x02) {
    channel.frames.put(first);
    return undefined;
  }
  const challenge = channel.fieldsOf("challenge", first.frame);
  channel.peerTag = challenge.tag;
  channel.send(proofOf(key, hello, first.frame));
  return challenge;
}

/** PROOF of a key for a HELLO and the CHALLENGE that answered it. */
export function proofOf(key: SuiteKey, hello: Hello, challenge: Frame): Frame {
  const payload = challenge.payload ?? encodePayload(challenge);
  const { method, keyId } = key;
  return build.proof({ clientNonce: hello.nonce, method, keyId, proof: prove(key, hello.payload, payload) });
}

async function welcomed(channel: Channel): Promise<FieldsOf<"welcome">> {
  const answer = await channel.frames.take(
    ({ frame }) => frame.type === 0x04 || frame.type === 0x05,
    channel.patience(),
    "WELCOME",
  );
  if (answer.frame.type === 0x05) {
    const { code, message } = channel.fieldsOf("refuse", answer.frame);
    throw new Failure(`The gateway refused the handshake: ${codeName(code)}, "${message}"`);
  }
  return channel.fieldsOf("welcome", answer.frame);
}

/** What a WELCOME settles for the client that said this HELLO. */
export function establishedByWelcome(welcome: FieldsOf<"welcome">, hello: Hello): Established {
  return {
    side: "client",
    id: welcome.sessionId,
    resumeToken: welcome.resumeToken,
    principal: welcome.principal,
    scopes: welcome.scopes,
    features: welcome.features,
    heartbeatMs: welcome.heartbeatMs,
    peer: { ...SUITE_LIMITS, ...welcome.limits },
    own: hello.limits,
  };
}

/** What a case may choose in a handshake as the gateway. */
export interface GatewayHandshakeOptions {
  readonly features?: readonly string[];
  readonly limits?: Partial<StatedLimits>;
  readonly contents?: readonly number[];
  readonly heartbeatMs?: number;
  readonly scopes?: readonly string[];
  /** Asks for a proof. Default: true on a socket of turnmux's own. */
  readonly challenge?: boolean;
  readonly audience?: string;
  /** The key that the client is to prove. Default: the channel's. */
  readonly key?: SuiteKey;
  /** Default: a new session's. */
  readonly session?: { readonly id: string; readonly resumedFrom: number };
  readonly resumeToken?: Uint8Array;
  readonly notResumed?: string;
}

/** What {@link gatewayHandshake} came to. */
export interface GatewayHandshake {
  readonly established: Established;
  readonly hello: FieldsOf<"hello">;
  /** HELLO's payload, for the transcript. */
  readonly helloPayload: Uint8Array;
}

/** HELLO as it arrived. */
export async function takeHello(channel: Channel): Promise<{ hello: FieldsOf<"hello">; payload: Uint8Array }> {
  const hello = await channel.take("hello").catch((error: unknown) => {
    if (error instanceof Failure && error.requirement === undefined) throw new Failure(error.message, "HAND-001");
    throw error;
  });
  channel.peerTag = hello.tag;
  const { frame } = hello.received;
  return { hello, payload: frame.payload ?? encodePayload(frame) };
}

/** CHALLENGE for a HELLO, with the suite's choices. */
export function makeChallenge(
  channel: Channel,
  hello: FieldsOf<"hello">,
  options: GatewayHandshakeOptions & {
    readonly audience: string;
    readonly nonce?: Uint8Array;
    readonly version?: number;
  },
): Frame {
  return build.challenge({
    clientNonce: hello.nonce,
    nonce: options.nonce ?? randomBytes(16),
    tag: channel.tag,
    version: options.version ?? 1,
    features: chosen(hello, options),
    audience: options.audience,
    methods: ["token", "ed25519"],
  });
}

function chosen(hello: FieldsOf<"hello">, options: GatewayHandshakeOptions): readonly string[] {
  return options.features ?? FEATURES.filter((feature) => hello.features.includes(feature));
}

/** WELCOME for a HELLO, with the suite's choices. */
export function makeWelcome(
  channel: Channel,
  hello: FieldsOf<"hello">,
  options: GatewayHandshakeOptions & { readonly version?: number; readonly clientNonce?: Uint8Array },
): { readonly frame: Frame; readonly established: Established } {
  const features = chosen(hello, options);
  const own = { ...SUITE_LIMITS, ...options.limits };
  const key = options.key ?? channel.key;
  const id = options.session?.id ?? `s_${randomBytes(12).toString("hex")}`;
  const resumeToken = features.includes("delivery") ? (options.resumeToken ?? randomBytes(32)) : undefined;
  const scopes = options.scopes ?? key.scopes;
  const heartbeatMs = options.heartbeatMs ?? 15_000;
  const frame = build.welcome({
    clientNonce: options.clientNonce ?? hello.nonce,
    tag: channel.tag,
    version: options.version ?? 1,
    features,
    limits: stated(own, features),
    contents: options.contents ?? CONTENTS,
    heartbeatMs,
    sessionId: id,
    principal: key.principal,
    scopes,
    ...(resumeToken === undefined ? {} : { resumeToken }),
    ...(options.session === undefined ? {} : { resumedFrom: options.session.resumedFrom }),
    ...(options.notResumed === undefined ? {} : { notResumed: options.notResumed }),
  });
  const established: Established = {
    side: "gateway",
    id,
    resumeToken,
    principal: key.principal,
    scopes,
    features,
    heartbeatMs,
    peer: { ...SUITE_LIMITS, ...hello.limits },
    own,
  };
  return { frame, established };
}

/**
 * HELLO, CHALLENGE and PROOF where one is asked for, and WELCOME.
 *
 * @throws Failure when the client says what it must not, or a wrong proof.
 */
export async function gatewayHandshake(
  channel: Channel,
  options: GatewayHandshakeOptions & { readonly audience: string },
): Promise<GatewayHandshake> {
  const { hello, payload } = await takeHello(channel);
  if (options.challenge !== false) {
    const challenge = makeChallenge(channel, hello, options);
    channel.send(challenge);
    const proof = await channel.take("proof");
    const key = options.key ?? channel.key;
    const requirement = key.method === "token" ? "AUTH-001" : "AUTH-002";
    if (proof.method !== key.method || proof.keyId !== key.keyId) {
      throw new Failure(`PROOF is for method ${proof.method} and a key id other than ${key.keyId}.`, requirement);
    }
    if (!proves(key, proof.proof, payload, encodePayload(challenge))) {
      throw new Failure("The proof does not hold for the octets of HELLO and CHALLENGE.", requirement);
    }
  }
  const { frame, established } = makeWelcome(channel, hello, options);
  channel.send(frame);
  return { established, hello, helloPayload: payload };
}
