/** A message of a host as `ws` sends it and shows it. */
import type { WebSocket as Ws } from "ws";
import { Hearing } from "../traffic/hearing.ts";
import type { HostMessage } from "../traffic/host-messages.ts";
import type { Random } from "../traffic/random.ts";

/** Sends a message whole, in one of the forms that `ws` takes. */
export function sendWhole(socket: Ws, message: HostMessage, random: Random, done: (error?: Error) => void): void {
  const { octets, text } = message;
  const binary = text === undefined;
  switch (random.below(5)) {
    case 0:
      socket.send(Buffer.from(octets), { binary }, done);
      break;
    case 1:
      socket.send(octets.slice().buffer, { binary }, done);
      break;
    case 2:
      socket.send(new Blob([octets]), { binary }, done);
      break;
    default:
      socket.send(text ?? octets, done);
  }
}

/** The fragments of a message. */
export function fragmentsOf({ octets, cuts }: HostMessage): Uint8Array[] {
  return [...cuts, octets.length].map((end, at) => octets.subarray(cuts[at - 1] ?? 0, end));
}

/** Every way to listen to a socket of `ws`, each with somebody who hears. The socket's `onmessage` is one of them. */
export function listenInEveryWay(socket: Ws, name: string, expected: readonly HostMessage[]): Hearing[] {
  const hearing = (way: string): Hearing => new Hearing(`${name}, ${way}`, expected);
  return [
    listenByOn(socket, hearing("on")),
    listenByOnce(socket, hearing("once, again and again")),
    listenByEvent(socket, hearing("addEventListener")),
    listenByHandler(socket, hearing("onmessage")),
  ];
}

/** Listens by `on`. */
export function listenByOn(socket: Ws, hearing: Hearing): Hearing {
  socket.on("message", (data, isBinary) => hearing.hear(octetsOf(data), isBinary));
  return hearing;
}

function listenByOnce(socket: Ws, hearing: Hearing): Hearing {
  const again = (data: unknown, isBinary: boolean): void => {
    hearing.hear(octetsOf(data), isBinary);
    socket.once("message", again);
  };
  socket.once("message", again);
  return hearing;
}

/** Listens by `addEventListener`. */
export function listenByEvent(socket: Ws, hearing: Hearing): Hearing {
  socket.addEventListener("message", ({ data }) => hearEvent(hearing, data));
  return hearing;
}

function listenByHandler(socket: Ws, hearing: Hearing): Hearing {
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a host may
  socket.onmessage = ({ data }) => hearEvent(hearing, data);
  return hearing;
}

function hearEvent(hearing: Hearing, data: unknown): void {
  if (typeof data === "string") hearing.hear(data, false);
  else hearing.hear(octetsOf(data), true);
}

/** What `ws` hands out, for each `binaryType`. */
export function octetsOf(data: unknown): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) return data;
  throw new TypeError("ws handed out what is no data");
}
