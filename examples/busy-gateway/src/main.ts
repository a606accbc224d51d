/**
 * A gateway whose main thread stands still, as its clients see it: see README.md.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { watch, type Watched } from "./watch.ts";

const HELP = `usage: busy-gateway [--seconds N]

  --seconds N   how long the gateway's main thread stands still (5)
  --help        this

Exit code 0: it shows what it should. 1: it does not. 2: wrong arguments.`;

const HEAD =
  "    at  main thread   new clients           calls accepted        worker tool           the gateway, as a client sees it";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A sentence, and whether it holds. */
type Claim = readonly [holds: boolean, sentence: string];

function claims(thread: Watched, main: Watched): readonly Claim[] {
  const all = [thread, main];
  const failed = all.map(({ clients, notes, digests }) => clients.failed + notes.failed + digests.failed);
  return [
    [thread.clients.whileBlocked > 0, "with it, new clients are welcomed while the main thread stands still"],
    [thread.accepts.whileBlocked > 0, "with it, calls are accepted, and their keys recorded, meanwhile"],
    [thread.states.includes("busy"), "with it, clients are told how late the main thread is: busy, and not dead"],
    [main.clients.whileBlocked + main.accepts.whileBlocked === 0, "without it, nobody hears anything meanwhile"],
    [main.states.includes("quiet"), "without it, clients see that nothing was said, and no more than that"],
    [failed.every((count) => count === 0), "with it or without: no client and no call fails"],
    [all.every(({ notOnce }) => notOnce === 0), "with it or without: each note is written exactly once"],
  ];
}

async function main(): Promise<number> {
  let blockMs: number;
  try {
    const { values } = parseArgs({
      options: { seconds: { type: "string", default: "5" }, help: { type: "boolean", default: false } },
    });
    if (values.help) {
      say(HELP);
      return 0;
    }
    blockMs = Number(values.seconds) * 1_000;
    if (!(blockMs >= 3_000 && blockMs <= 60_000)) throw new Error("--seconds is a number from 3 to 60");
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}\n`);
    return 2;
  }
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());
  const show = async (ioThread: boolean): Promise<Watched> => {
    say(
      `\n${ioThread ? "With" : "Without"} an I/O thread: the main thread stands still for ${blockMs / 1_000} s\n\n${HEAD}`,
    );
    return watch({ ioThread, blockMs, say, signal: abort.signal });
  };
  let seen: readonly [thread: Watched, main: Watched];
  try {
    const main = await show(false);
    seen = [await show(true), main];
  } catch (error) {
    process.stderr.write(`busy-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  say("");
  let shown = true;
  for (const [holds, sentence] of claims(...seen)) {
    say(`${holds ? "yes" : "NO "}  ${sentence}`);
    shown &&= holds;
  }
  return shown ? 0 : 1;
}

process.exitCode = await main();
