/**
 * The layout of each header: `docs/spec.md` sections 3, 6, 8 and 10. Nothing else in the code knows which field has
 * which place.
 *
 * @module
 */

import { TAG_LENGTH } from "./envelope.ts";
import {
  type AcceptFrame,
  type AckFrame,
  type ChallengeFrame,
  type CreditFrame,
  type DataFrame,
  type EndFrame,
  type Frame,
  type FrameName,
  type GoawayFrame,
  type HelloFrame,
  type OfferEntry,
  type OfferFrame,
  type OpenFrame,
  type PeerLimits,
  type PingFrame,
  type PongFrame,
  type ProofFrame,
  type RefuseFrame,
  type ResetFrame,
  type ResumeRequest,
  type WelcomeFrame,
} from "./frame.ts";
import { NONCE_LENGTH, OCTETS_LIMIT, StringLimit } from "./limits.ts";
import type { Layout, Places } from "./places.ts";

const limits: Layout<PeerLimits> = (p, v) => ({
  framePayload: p.uint("limits.framePayload", v?.framePayload),
  message: p.uint("limits.message", v?.message),
  streams: p.uint("limits.streams", v?.streams),
  assembling: p.uint("limits.assembling", v?.assembling),
  replay: p.optionalUint("limits.replay", v?.replay),
  streamCredit: p.optionalUint("limits.streamCredit", v?.streamCredit),
  channelCredit: p.optionalUint("limits.channelCredit", v?.channelCredit),
});

const resume: Layout<ResumeRequest> = (p, v) => ({
  sessionId: p.str("resume.sessionId", StringLimit.other, v?.sessionId),
  token: p.octets("resume.token", 0, OCTETS_LIMIT, v?.token),
  received: p.uint("resume.received", v?.received),
});

const hello: Layout<HelloFrame> = (p, v) => ({
  type: "hello",
  versions: p.uints("versions", v?.versions),
  nonce: p.octets("nonce", NONCE_LENGTH, NONCE_LENGTH, v?.nonce),
  tag: p.octets("tag", TAG_LENGTH, TAG_LENGTH, v?.tag),
  features: p.strs("features", StringLimit.other, v?.features),
  limits: p.record("limits", limits, v?.limits),
  contents: p.uints("contents", v?.contents),
  agent: p.optionalStr("agent", StringLimit.other, v?.agent),
  agentVersion: p.optionalStr("agentVersion", StringLimit.other, v?.agentVersion),
  resume: p.optionalRecord("resume", resume, v?.resume),
});

const challenge: Layout<ChallengeFrame> = (p, v) => ({
  type: "challenge",
  clientNonce: p.octets("clientNonce", NONCE_LENGTH, NONCE_LENGTH, v?.clientNonce),
  nonce: p.octets("nonce", NONCE_LENGTH, NONCE_LENGTH, v?.nonce),
  tag: p.octets("tag", TAG_LENGTH, TAG_LENGTH, v?.tag),
  version: p.uint("version", v?.version),
  features: p.strs("features", StringLimit.other, v?.features),
  audience: p.str("audience", StringLimit.other, v?.audience),
  methods: p.strs("methods", StringLimit.other, v?.methods),
});

const proof: Layout<ProofFrame> = (p, v) => ({
  type: "proof",
  clientNonce: p.octets("clientNonce", NONCE_LENGTH, NONCE_LENGTH, v?.clientNonce),
  method: p.str("method", StringLimit.other, v?.method),
  keyId: p.str("keyId", StringLimit.other, v?.keyId),
  proof: p.octets("proof", 0, OCTETS_LIMIT, v?.proof),
});

const welcome: Layout<WelcomeFrame> = (p, v) => ({
  type: "welcome",
  clientNonce: p.octets("clientNonce", NONCE_LENGTH, NONCE_LENGTH, v?.clientNonce),
  tag: p.octets("tag", TAG_LENGTH, TAG_LENGTH, v?.tag),
  version: p.uint("version", v?.version),
  features: p.strs("features", StringLimit.other, v?.features),
  limits: p.record("limits", limits, v?.limits),
  contents: p.uints("contents", v?.contents),
  heartbeatMs: p.uint("heartbeatMs", v?.heartbeatMs),
  sessionId: p.str("sessionId", StringLimit.other, v?.sessionId),
  principal: p.str("principal", StringLimit.other, v?.principal),
  scopes: p.strs("scopes", StringLimit.other, v?.scopes),
  resumeToken: p.optionalOctets("resumeToken", OCTETS_LIMIT, v?.resumeToken),
  resumedFrom: p.optionalUint("resumedFrom", v?.resumedFrom),
  notResumed: p.optionalSentence("notResumed", v?.notResumed),
});

const refuse: Layout<RefuseFrame> = (p, v) => ({
  type: "refuse",
  clientNonce: p.octets("clientNonce", NONCE_LENGTH, NONCE_LENGTH, v?.clientNonce),
  code: p.uint("code", v?.code),
  message: p.sentence("message", v?.message),
  retryAfterMs: p.optionalUint("retryAfterMs", v?.retryAfterMs),
});

const open: Layout<OpenFrame> = (p, v) => ({
  type: "open",
  stream: p.stream,
  more: p.more,
  final: p.final,
  tool: p.name("tool", StringLimit.tool, v?.tool),
  callId: p.str("callId", StringLimit.callId, v?.callId),
  key: p.optionalStr("key", StringLimit.key, v?.key),
  deadlineMs: p.optionalUint("deadlineMs", v?.deadlineMs),
  priority: p.optionalUint("priority", v?.priority),
  content: p.uint("content", v?.content),
  turn: p.optionalName("turn", StringLimit.turn, v?.turn),
  lineage: p.optionalStr("lineage", StringLimit.lineage, v?.lineage),
  trace: p.optionalStr("trace", StringLimit.trace, v?.trace),
  meta: p.optionalStrings("meta", v?.meta),
  body: p.body(v?.body),
});

const accept: Layout<AcceptFrame> = (p, v) => ({
  type: "accept",
  stream: p.stream,
  state: p.uint("state", v?.state),
  reason: p.optionalSentence("reason", v?.reason),
  place: p.optionalUint("place", v?.place),
  lagMs: p.optionalUint("lagMs", v?.lagMs),
  deadlineMs: p.optionalUint("deadlineMs", v?.deadlineMs),
});

const data: Layout<DataFrame> = (p, v) => ({
  type: "data",
  stream: p.stream,
  more: p.more,
  final: p.final,
  head: p.cont ? undefined : p.head(v?.head),
  body: p.body(v?.body),
});

const end: Layout<EndFrame> = (p, v) => ({
  type: "end",
  stream: p.stream,
  more: p.more,
  final: p.final,
  code: p.uint("code", v?.code),
  content: p.uint("content", v?.content),
  message: p.optionalSentence("message", v?.message),
  outcome: p.optionalUint("outcome", v?.outcome),
  retryable: p.optionalBool("retryable", v?.retryable),
  retryAfterMs: p.optionalUint("retryAfterMs", v?.retryAfterMs),
  body: p.body(v?.body),
});

const reset: Layout<ResetFrame> = (p, v) => ({
  type: "reset",
  stream: p.stream,
  code: p.uint("code", v?.code),
  message: p.optionalSentence("message", v?.message),
});

const credit: Layout<CreditFrame> = (p, v) => ({
  type: "credit",
  stream: p.stream,
  limit: p.uint("limit", v?.limit),
});

const ack: Layout<AckFrame> = (p, v) => ({ type: "ack", received: p.uint("received", v?.received) });

const ping: Layout<PingFrame> = (p, v) => ({ type: "ping", id: p.uint("id", v?.id) });

const pong: Layout<PongFrame> = (p, v) => ({
  type: "pong",
  id: p.uint("id", v?.id),
  lagMs: p.optionalUint("lagMs", v?.lagMs),
});

const offerEntry: Layout<OfferEntry> = (p, v) => ({
  name: p.str("tools.name", StringLimit.tool, v?.name),
  effect: p.uint("tools.effect", v?.effect),
  deadlineMs: p.optionalUint("tools.deadlineMs", v?.deadlineMs),
  description: p.optionalSentence("tools.description", v?.description),
  streams: p.optionalBool("tools.streams", v?.streams),
  revision: p.optionalStr("tools.revision", StringLimit.other, v?.revision),
});

/** The mode of OFFER that removes: then its tools are names. */
const REMOVE = 2;

const offer: Layout<OfferFrame> = (p, v) => {
  const mode = p.uint("mode", v?.mode);
  const removes = mode === REMOVE;
  return {
    type: "offer",
    mode,
    tools: removes ? [] : p.records("tools", offerEntry, v?.tools),
    names: removes ? p.strs("tools", StringLimit.tool, v?.names) : [],
  };
};

const goaway: Layout<GoawayFrame> = (p, v) => ({
  type: "goaway",
  code: p.uint("code", v?.code),
  lastStream: p.uint("lastStream", v?.lastStream),
  message: p.sentence("message", v?.message),
  retryAfterMs: p.optionalUint("retryAfterMs", v?.retryAfterMs),
  requirement: p.optionalStr("requirement", StringLimit.other, v?.requirement),
});

/** Every frame by its name. */
type FrameMap = { readonly [F in Frame as F["type"]]: F };

const LAYOUTS: { readonly [N in FrameName]: Layout<FrameMap[N]> } = {
  hello,
  challenge,
  proof,
  welcome,
  refuse,
  open,
  accept,
  data,
  end,
  reset,
  credit,
  ack,
  ping,
  pong,
  offer,
  goaway,
};

/** Reads the frame of this type, with its body. */
export function readFrame(places: Places, type: FrameName): Frame {
  return LAYOUTS[type](places, undefined);
}

function write<N extends FrameName>(places: Places, frame: FrameMap[N], type: N): void {
  LAYOUTS[type](places, frame);
}

/** Writes the header of a frame. Its stream, flags and body are the carriage's part. */
export function writeFrame(places: Places, frame: Frame): void {
  write(places, frame, frame.type);
}
