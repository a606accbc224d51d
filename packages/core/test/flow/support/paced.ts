/** Sessions that agreed on credit, of which one end is raw. */
import { CREDIT, type Limits } from "../../../src/limits.ts";
import type { CreditFrame, Frame, HelloFrame } from "../../../src/wire/frame.ts";
import { ClientUnderTest, GatewayUnderTest } from "../../support/raw-worlds.ts";
import { RAW_LIMITS } from "../../support/raw.ts";

/** The windows that a test does not say otherwise: small ones. */
export const WINDOWS = { streamCredit: 8_192, channelCredit: 32_768 } as const;

/** What the raw end states. */
export const STATED = { ...RAW_LIMITS, ...WINDOWS } as const;

/** A gateway whose session stands with a raw client. */
export async function pacedGateway(
  options: ConstructorParameters<typeof GatewayUnderTest>[0] = {},
  stated: Partial<HelloFrame["limits"]> = {},
): Promise<GatewayUnderTest> {
  const under = new GatewayUnderTest({ ...options, limits: { ...WINDOWS, ...options.limits } });
  under.raw.say(under.raw.hello({ features: [CREDIT], limits: { ...STATED, ...stated } }));
  await under.time.settle();
  under.raw.take();
  return under;
}

/** A client whose session stands with a raw gateway. */
export function pacedClient(
  limits: Partial<Limits> = {},
  stated: Partial<HelloFrame["limits"]> = {},
): Promise<ClientUnderTest> {
  return ClientUnderTest.open(
    { clientLimits: { ...WINDOWS, ...limits } },
    { features: [CREDIT], limits: { ...STATED, ...stated } },
  );
}

export function credit(stream: number, limit: number): CreditFrame {
  return { type: "credit", stream, limit };
}

/** The limits that were granted for a stream, in order. */
export function granted(frames: readonly Frame[], stream: number): number[] {
  return frames.flatMap((frame) => (frame.type === "credit" && frame.stream === stream ? [frame.limit] : []));
}

/** What frames count for on their stream. */
export function chargeOf(frames: readonly Frame[], stream: number): number {
  let octets = 0;
  for (const frame of frames) {
    if (!("body" in frame) || frame.stream !== stream) continue;
    octets += frame.body.length + (frame.type === "data" && frame.head?.kind === 2 ? 64 : 0);
  }
  return octets;
}
