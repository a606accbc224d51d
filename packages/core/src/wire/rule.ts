/**
 * The table of frames (`docs/spec.md` section 2), and what follows from it on every carriage.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { misuse } from "./checks.ts";
import { TAG_LENGTH } from "./envelope.ts";
import { Flag, type Frame, type FrameName, FrameType } from "./frame.ts";

/** The greatest stream identifier (STREAM-009). */
export const STREAM_MAX: number = 0x7fff_ffff;

/** What the table of section 2 says about a frame type. */
export interface FrameRule {
  readonly type: FrameName;
  /** Its value on the wire. */
  readonly code: number;
  /** For messages: `"OPEN"`. */
  readonly label: string;
  /** Stream 0, another one, or either (FRAME-006). */
  readonly stream: "channel" | "stream" | "either";
  /** The flags that the frame may carry, BASE64 aside (FRAME-005). */
  readonly flags: number;
  /** Whether a body follows the header. */
  readonly body: boolean;
  /** Whether it belongs to the handshake, and so has its binary payload on every carriage (CARR-012). */
  readonly handshake: boolean;
}

function rule(type: FrameName, stream: FrameRule["stream"], flags = 0): FrameRule {
  const code: number = FrameType[type];
  const handshake = code <= FrameType.refuse;
  return { type, code, label: type.toUpperCase(), stream, flags, body: flags !== 0, handshake };
}

const ENDS = Flag.more | Flag.final;

const RULES: { readonly [N in FrameName]: FrameRule } = {
  hello: rule("hello", "channel"),
  challenge: rule("challenge", "channel"),
  proof: rule("proof", "channel"),
  welcome: rule("welcome", "channel"),
  refuse: rule("refuse", "channel"),
  open: rule("open", "stream", ENDS),
  accept: rule("accept", "stream"),
  data: rule("data", "stream", ENDS | Flag.cont),
  end: rule("end", "stream", ENDS),
  reset: rule("reset", "stream"),
  credit: rule("credit", "either"),
  ack: rule("ack", "channel"),
  ping: rule("ping", "channel"),
  pong: rule("pong", "channel"),
  offer: rule("offer", "channel"),
  goaway: rule("goaway", "channel"),
};

const BY_TYPE: readonly (FrameRule | undefined)[] = Array.from({ length: 128 }, (_, type) =>
  Object.values(RULES).find((entry) => entry.code === type),
);

/** The rule for a frame. */
export function ruleFor(frame: Frame): FrameRule {
  return RULES[frame.type];
}

/** The rule for a type on the wire, 0 to 255, or undefined where the table has none (FRAME-004). */
export function ruleOf(type: number): FrameRule | undefined {
  return type < 128 ? BY_TYPE[type] : undefined;
}

/** The flags of a frame, BASE64 aside. */
export function flagsOf(frame: Frame): number {
  switch (frame.type) {
    case "open":
    case "end":
      return (frame.more ? Flag.more : 0) | (frame.final ? Flag.final : 0);
    case "data":
      return (frame.more ? Flag.more : 0) | (frame.final ? Flag.final : 0) | (frame.head === undefined ? Flag.cont : 0);
    default:
      return 0;
  }
}

/** FRAME-005 and FRAME-006; the same for every carriage, without BASE64. */
export function checkHead(rule: FrameRule, flags: number, stream: number): void {
  if ((flags & ~rule.flags) !== 0) {
    throw new ProtocolViolation("FRAME-005", `${rule.label}: a flag that is not defined for it must be zero`);
  }
  if (rule.stream === "channel" ? stream !== 0 : rule.stream === "stream" && stream === 0) {
    const expected = rule.stream === "channel" ? "stream 0" : "a stream other than 0";
    throw new ProtocolViolation("FRAME-006", `${rule.label}: must be on ${expected}`);
  }
}

/** The body of a frame, if it is of a type that has one. */
export function bodyOf(frame: Frame): Uint8Array | undefined {
  return frame.type === "open" || frame.type === "end" || frame.type === "data" ? frame.body : undefined;
}

/** The stream of a frame that local code built; 0 where its type is the channel's. */
export function streamOf(frame: Frame): number {
  if (!("stream" in frame)) return 0;
  const { stream } = frame;
  const least = frame.type === "credit" ? 0 : 1;
  if (!Number.isInteger(stream) || stream < least || stream > STREAM_MAX) {
    misuse(frame.type.toUpperCase(), "stream", `an integer from ${least} to 2^31-1`);
  }
  return stream;
}

/** What `encode` of every carriage asks of its arguments. */
export function checkMessage(tag: Uint8Array, frames: readonly Frame[]): void {
  if (tag.length !== TAG_LENGTH) throw new UsageError(`a channel tag has ${TAG_LENGTH} octets`);
  if (frames.length === 0) throw new UsageError("a message holds at least one frame (CARR-001)");
}
