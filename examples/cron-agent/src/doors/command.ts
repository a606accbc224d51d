/**
 * The `turnmux` command, as an `exec` tool runs it: a process for each call, and no connection to the gateway.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type { DoorContext, ToolDoor } from "./door.ts";
import { sharedTurn } from "./shared-turn.ts";

const run = promisify(execFile);

/** Its source, which is run as it is: nothing of this repository has to be built. */
const COMMAND = createRequire(import.meta.url)
  .resolve("@turnmux/cli/package.json")
  .replace("package.json", "src/main.ts");

/** `turnmux call NAME JSON --key KEY`, with the share in its environment. */
export function command(context: DoorContext): ToolDoor {
  return sharedTurn(
    context,
    async (share, tool, args, { turn, key, signal }) => {
      const options = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", COMMAND];
      const call = ["call", tool, JSON.stringify(args), "--key", `${turn}/${key}`, "--json"];
      try {
        const { stdout } = await run(process.execPath, [...options, ...call], {
          env: { ...process.env, ...share.env },
          signal,
        });
        return JSON.parse(stdout) as unknown;
      } catch (error) {
        // What the command says is what the model reads.
        throw hasText(error) ? new Error(error.stderr.trim(), { cause: error }) : error;
      }
    },
    async () => {},
  );
}

function hasText(error: unknown): error is { readonly stderr: string } {
  return typeof error === "object" && error !== null && "stderr" in error && typeof error.stderr === "string";
}
