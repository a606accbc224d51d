import type { Frame } from "../../../src/wire/frame.ts";
import { binaryCarriage, type Carriage, textCarriage, wrappedCarriage } from "../../../src/wire/carriage.ts";
import type { CarrierMessage } from "../../../src/carrier/carrier.ts";

export const CARRIAGES: readonly Carriage[] = [binaryCarriage, textCarriage, wrappedCarriage];

export const LIMITS: { readonly framePayload: number } = { framePayload: 16_384 };

export const TAG: Uint8Array = new Uint8Array([0x5f, 0x0c, 0x9a, 0x1e, 0x22, 0xb7, 0xd4, 0x03]);

/** The tag as text carriage writes it. */
export const TAG_HEX = "5f0c9a1e22b7d403";

/** The frames of a message that the carriage must recognise. */
export function decode(
  carriage: Carriage,
  message: CarrierMessage,
  framePayload: number = LIMITS.framePayload,
): Frame[] {
  const envelope = carriage.recognise(message);
  if (envelope === undefined) throw new Error("the message was taken for host traffic");
  return carriage.decode(envelope, { framePayload });
}

/** The message that carries this payload in a frame of its own, in binary carriage. */
export function binaryMessage(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = [payload.length >>> 16, payload.length >>> 8, payload.length, type, flags];
  head.push(stream >>> 24, stream >>> 16, stream >>> 8, stream);
  return new Uint8Array([0xc1, 0x01, ...TAG, ...head.map((octet) => octet & 0xff), ...payload]);
}

/** The text message with these rows. */
export function textMessage(...rows: readonly unknown[]): string {
  return JSON.stringify({ turnmux: [1, TAG_HEX, ...rows] });
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
