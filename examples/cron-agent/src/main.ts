/**
 * The main job of this repository: see README.md.
 *
 * @module
 */

import { HELP, readOptions } from "./options.ts";

/** Exit codes: what a shell expects after these signals. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main(): Promise<number> {
  let options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }

  const abort = new AbortController();
  let interrupted: keyof typeof SIGNALS | undefined;
  const interrupt = (signal: keyof typeof SIGNALS) => {
    interrupted ??= signal;
    abort.abort(new Error(`ended by ${signal}`));
  };
  for (const signal of Object.keys(SIGNALS)) process.on(signal, interrupt);
  try {
    if (options.serve) {
      const { serve } = await import("./serve.ts");
      await serve({ port: options.port, signal: abort.signal });
      return 0;
    }
    const { runAll } = await import("./lab/run.ts");
    return (await runAll({ json: options.json, signal: abort.signal })) ? 0 : 1;
  } catch (error) {
    console.error(`cron-agent: ${error instanceof Error ? error.message : String(error)}`);
    return interrupted === undefined ? 1 : SIGNALS[interrupted];
  } finally {
    for (const signal of Object.keys(SIGNALS)) process.off(signal, interrupt);
  }
}

process.exitCode = await main();
