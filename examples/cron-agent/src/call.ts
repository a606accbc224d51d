/**
 * Calls one tool of a gateway from the command line: the smallest client there is.
 *
 * ```
 * node scripts/dev.mjs node examples/cron-agent/src/call.ts <url> <token> [<tool> [<arguments as JSON>]]
 * ```
 *
 * @module
 */

import { connect, sharedToken, TurnmuxError } from "@turnmux/client";

const [url, token, tool, args = "{}"] = process.argv.slice(2);

async function main(): Promise<void> {
  if (url === undefined || token === undefined) throw new Error("usage: call.ts <url> <token> [<tool> [<arguments>]]");
  const session = await connect(url, { auth: sharedToken(token) });
  try {
    const catalog = await session.catalog();
    if (tool === undefined) for (const { name, description } of catalog) console.log(`${name}  ${description}`);
    else console.log(await session.call(tool, JSON.parse(args)));
  } finally {
    await session.close();
  }
}

await main().catch((error: unknown) => {
  // What a model would read: what happened, what became of the call, and what to do next.
  console.error(TurnmuxError.is(error) ? error.forModel() : String(error));
  process.exitCode = 1;
});
