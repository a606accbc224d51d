/**
 * The command line.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** What was asked for. */
export interface Options {
  readonly json: boolean;
  readonly serve: boolean;
  readonly help: boolean;
  readonly port: number;
}

export const HELP = `One turn of a model against a busy gateway, over each way to call the gateway's tools.

  npm start                 runs all ways and prints a table; exit 0 when it shows what it should
  npm start -- --json       the same, and the rows as one line of JSON at the end
  npm start -- --serve      keeps a gateway up, and prints how to call a tool of it
      --port <number>       ... on this port of 127.0.0.1 (default: any)
  npm start -- --help       this

A scripted model takes the turns, unless the environment names a real one with an OpenAI-compatible chat API:
  OPENAI_BASE_URL   its address, such as http://127.0.0.1:11434/v1
  MODEL             which model to ask for
  OPENAI_API_KEY    its key, where it needs one; a key alone changes nothing`;

/** Reads the arguments. Throws an error that says what is wrong with them. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: "boolean", default: false },
      serve: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      port: { type: "string", default: "0" },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`not a port: ${values.port}`);
  return { ...values, port };
}
