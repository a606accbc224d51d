/**
 * The client's process: calls one of the two tools.
 *
 * @module
 */

import { connect, sharedToken } from "@turnmux/client";
import { loadAction } from "../../load.ts";
import { programSettings, serveProgram } from "../../process/program.ts";
import { isReceiptOf, orderOf } from "../calls/contract.ts";
import { type Effect, SECRET, tools } from "./contract.ts";

const { url, effect } = programSettings() as { readonly url: string; readonly effect: Effect };
const session = await connect(url, { auth: sharedToken(SECRET) });
const { shop } = session.client(tools);
const order = shop[effect];
serveProgram(
  loadAction(async (number) => {
    // As a model's call has one: the turn, and the number of the call in it.
    const key = `${effect}/call-${number}`;
    return isReceiptOf(number, await order(orderOf(number), { key }));
  }),
);
