/**
 * Bodies on their way from one port to another.
 *
 * @module
 */
import { Content } from "../content/body.ts";
import type { CallPort, PortBody } from "../peer/port.ts";

/** Octets of a message that a short body may keep beside its own. */
const BESIDE = 64;

/**
 * A body of one port as another one sends it: its octets as they are, undecoded, wherever the receiver can decode them. Only between a channel
 * and a session in process, and towards a peer that does not take MessagePack, it is decoded and encoded anew.
 *
 * @throws ProtocolViolation where it has to be decoded, and cannot be
 * @throws ValueError where the receiver cannot take the value
 */
export function pass(body: PortBody, from: CallPort, to: CallPort): PortBody {
  if (body.content === Content.none || to.takes?.(body) === true) return body;
  return to.encode(from.decode(body));
}

/** The same body for who keeps it for long: octets are views of the message that they came in, which may be many times as much. */
export function kept(body: PortBody): PortBody {
  if (body.content === "local") return body;
  const { content, octets } = body;
  return octets.buffer.byteLength <= octets.length * 2 + BESIDE ? body : { content, octets: octets.slice() };
}

/** Octets that a body counts for while it is kept. */
export function keptOctets(body: PortBody): number {
  return body.content === "local" ? 0 : body.octets.length;
}
