/**
 * The clients' process: as many connections as it is told, and calls that go round among them.
 *
 * @module
 */
import { loadAction, type Call } from "../../load.ts";
import { programSettings, serveProgram } from "../../process/program.ts";
import { contender } from "../calls/contender.ts";
import type { SessionsActions } from "./actions.ts";

/** Handshakes that are under way at the same time. */
const AT_ONCE = 8;

const { name, url } = programSettings() as { readonly name: string; readonly url: string };
const found = await contender(name);
const connections: Call[] = [];

const actions: SessionsActions = {
  ...loadAction((number) => {
    const call = connections[number % connections.length];
    return call === undefined ? Promise.resolve(false) : call(number);
  }),
  grow: async (count) => {
    let left = count - connections.length;
    const worker = async (): Promise<void> => {
      while (left-- > 0) connections.push(await found.connect(url));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  },
};

serveProgram(actions);
