/**
 * The floor: each call and each answer is one WebSocket message of JSON, octets in it as base64; and the host's messages beside
 * them.
 *
 * @module
 */
import type { WebSocket } from "ws";
import type { HolContender } from "../contender.ts";
import {
  answer,
  isAnswerTo,
  isLarge,
  largeResults,
  questionOf,
  type Answer,
  type LargeKind,
  type LargeResults,
  type Question,
} from "../contract.ts";
import { echo, hostText, listen, open, pinger } from "../host.ts";

interface Request {
  readonly id: number;
  readonly method: "small" | LargeKind;
  readonly params: Question | undefined;
}

interface Response {
  readonly id: number;
  readonly result: unknown;
}

/** See the module's comment. */
export const floor: HolContender = {
  serve: (octets) => {
    const results = largeResults(octets);
    return listen((socket) => {
      echo(socket);
      socket.on("message", (data) => {
        if (hostText(data) !== undefined) return;
        const { id, method, params } = JSON.parse((data as Buffer).toString()) as Request;
        socket.send(JSON.stringify({ id, result: resultOf(results, method, params) } satisfies Response));
      });
    });
  },
  connect: async (url, octets) => {
    const socket = await open(url);
    const call = caller(socket);
    return {
      small: async (number) => isAnswerTo(number, (await call("small", questionOf(number))) as Answer),
      large: async (kind) => {
        const result = await call(kind, undefined);
        const octetsOf = kind === "octets" ? Buffer.from(result as string, "base64") : result;
        return isLarge(kind, octetsOf as LargeResults[LargeKind], octets);
      },
      host: pinger(socket),
    };
  },
};

function resultOf(results: LargeResults, method: Request["method"], params: Question | undefined): unknown {
  if (method === "small") return params === undefined ? undefined : answer(params);
  return method === "octets" ? Buffer.from(results.octets).toString("base64") : results[method];
}

function caller(socket: WebSocket): (method: Request["method"], params: Question | undefined) => Promise<unknown> {
  const waiting = new Map<number, (result: unknown) => void>();
  let ids = 0;
  socket.on("message", (data) => {
    if (hostText(data) !== undefined) return;
    const { id, result } = JSON.parse((data as Buffer).toString()) as Response;
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(result);
  });
  return (method, params) =>
    new Promise((resolve) => {
      ids += 1;
      waiting.set(ids, resolve);
      socket.send(JSON.stringify({ id: ids, method, params } satisfies Request));
    });
}
