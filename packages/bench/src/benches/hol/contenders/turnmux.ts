/**
 * turnmux on the host's socket, as it is by default.
 *
 * @module
 */
import { attach } from "@turnmux/client";
import { createGateway } from "@turnmux/gateway";
import type { HolContender } from "../contender.ts";
import { answer, isAnswerTo, isLarge, largeResults, questionOf, tools } from "../contract.ts";
import { echo, listen, open, pinger } from "../host.ts";

/** See the module's comment. */
export const turnmux: HolContender = {
  serve: (octets) => {
    const { text, octets: file, json } = largeResults(octets);
    const gateway = createGateway();
    gateway.implement(tools, {
      small: answer,
      large: { text: () => text, octets: () => file, json: () => [...json] },
    });
    return listen((socket) => {
      gateway.attach(socket, { principal: "ada", scopes: [] });
      echo(socket);
    });
  },
  connect: async (url, octets) => {
    const socket = await open(url);
    const session = attach(socket);
    const host = pinger(socket);
    await session.ready;
    const { small, large } = session.client(tools);
    return {
      small: async (number) => isAnswerTo(number, await small(questionOf(number))),
      large: async (kind) => isLarge(kind, await large[kind]({ octets }), octets),
      host,
    };
  },
};
