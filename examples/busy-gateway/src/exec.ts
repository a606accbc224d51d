/**
 * The command `turnmux call`, run by an `exec` tool while the gateway's main thread stands still: see README.md.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { connect, sharedToken } from "@turnmux/client";
import { SECRET } from "./messages.ts";
import { startGateway } from "./process.ts";

const HELP = `usage: node src/exec.ts [--seconds N]

  --seconds N   how long the gateway's main thread stands still (20)
  --help        this

Exit code 0: it shows what it should. 1: it does not. 2: wrong arguments.`;

const COMMAND = createRequire(import.meta.url)
  .resolve("@turnmux/cli/package.json")
  .replace("package.json", "src/main.ts");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What became of one command. Times are milliseconds since the gateway's main thread stood still. */
interface Ran {
  readonly line: string;
  readonly code: number | null;
  readonly output: string;
  /** When it said that its call was taken. */
  readonly acceptedAt: number | undefined;
  readonly endedAt: number;
}

async function exec(args: readonly string[], env: Readonly<Record<string, string>>, since: number): Promise<Ran> {
  const options = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", COMMAND];
  const child = spawn(process.execPath, [...options, ...args], { env: { ...process.env, ...env } });
  let output = "";
  let acceptedAt: number | undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (/running|queued/.test(chunk.toString("utf8"))) acceptedAt ??= Date.now() - since;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { line: `turnmux ${args.join(" ")}`, code, output: output.trim(), acceptedAt, endedAt: Date.now() - since };
}

async function show(ioThread: boolean, blockMs: number): Promise<readonly Ran[]> {
  const gateway = await startGateway(ioThread);
  try {
    const session = await connect(gateway.url, { auth: sharedToken(SECRET) });
    await using share = await session.share("turn-1");
    const since = await gateway.block(blockMs);
    const limit = ["--timeout", "2m", "--verbose"];
    const ran = await Promise.all([
      exec(["call", "cron.list", ...limit], share.env, since),
      exec(["call", "digest", '{"text":"tea"}', ...limit], share.env, since),
    ]);
    await session.close();
    say(`\n${ioThread ? "With" : "Without"} an I/O thread: the main thread stands still for ${blockMs / 1_000} s\n`);
    for (const { line, code, output, acceptedAt, endedAt } of ran) {
      const accepted = acceptedAt === undefined ? "" : `taken after ${acceptedAt} ms, `;
      say(
        `  $ ${line}\n    ${output.replace(/\s+/g, " ").slice(0, 40)}   (${accepted}ended after ${endedAt} ms, exit code ${code})`,
      );
    }
    return ran;
  } finally {
    await gateway.end();
  }
}

async function main(): Promise<number> {
  let blockMs: number;
  try {
    const { values } = parseArgs({
      options: { seconds: { type: "string", default: "20" }, help: { type: "boolean", default: false } },
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
  const [list, digest] = await show(false, blockMs);
  const [threadList, threadDigest] = await show(true, blockMs);
  const never = Number.POSITIVE_INFINITY;
  const claims: readonly (readonly [boolean, string])[] = [
    [[list, digest, threadList, threadDigest].every((ran) => ran?.code === 0), "no command fails"],
    [(list?.endedAt ?? 0) >= blockMs, "without it, cron.list waits until the main thread moves again, and succeeds"],
    [(threadList?.acceptedAt ?? never) < blockMs, "with it, cron.list is taken while the main thread stands still"],
    [(threadList?.endedAt ?? 0) >= blockMs, "with it, cron.list succeeds when the main thread moves again"],
    [(threadDigest?.endedAt ?? never) < blockMs, "with it, a worker tool answers while the main thread stands still"],
  ];
  say("");
  for (const [holds, sentence] of claims) say(`${holds ? "yes" : "NO "}  ${sentence}`);
  return claims.every(([holds]) => holds) ? 0 : 1;
}

process.exitCode = await main();
