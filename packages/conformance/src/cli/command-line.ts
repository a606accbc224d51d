/**
 * The program, from its arguments to its exit code.
 *
 * @module
 */
import { accessSync, constants, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { assess } from "../report/assessment.ts";
import { consoleReport } from "../report/console.ts";
import { type Expected, ExpectationError, readExpectations } from "../report/expectations.ts";
import { jsonReport } from "../report/json.ts";
import { junitReport } from "../report/junit.ts";
import { Progress } from "../report/progress.ts";
import { paint, wantsColour } from "../report/text.ts";
import { HarnessError } from "../suite/verdict.ts";
import { type Invocation, readArguments, type RunInvocation, UsageError } from "./arguments.ts";
import { type Catalogue, mustClauses, textOf } from "./catalogue.ts";
import type { Engine } from "./engine.ts";
import { explain, list } from "./list.ts";
import { commandLine, runAll } from "./run.ts";
import { select } from "./select.ts";
import { PROGRAM, usageOf } from "./usage.ts";

/** A stream for text. */
export interface TextStream {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** The world around the program. */
export interface Environment {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the suite. */
  readonly version: string;
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  /** The reason is the exit code: 130 or 143. */
  readonly signal: AbortSignal;
}

/** The program cannot go on; the message says why. */
class CannotRun extends Error {}

/** Exit codes: 0 conformant, 1 not conformant, 2 the run itself failed, and whatever the signal says. */
export async function runCommandLine(args: readonly string[], world: Environment): Promise<number> {
  try {
    return await run(readArguments(args), world);
  } catch (error) {
    if (world.signal.aborted) return interrupted(world);
    const { write } = world.stderr;
    if (error instanceof UsageError) {
      const { about } = error;
      write(
        `${PROGRAM}: ${error.message}\n${about === undefined ? usageOf(about) : `see ${PROGRAM} ${about} --help`}\n`,
      );
    } else if (error instanceof CannotRun || error instanceof HarnessError) {
      write(`${PROGRAM}: ${error.message}\n`);
    } else {
      write(
        `${PROGRAM}: a fault of the suite: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
    return 2;
  }
}

async function run(invocation: Invocation, world: Environment): Promise<number> {
  const { write } = world.stdout;
  switch (invocation.command) {
    case "help":
      write(usageOf(invocation.about));
      return 0;
    case "version":
      write(`${world.version}\n`);
      return 0;
    case "list":
      write(list(world.catalogue, invocation));
      return 0;
    case "explain":
      write(invocation.ids.map((id) => explain(world.catalogue, id)).join("\n"));
      return 0;
    default:
      return await judge(invocation, world);
  }
}

function interrupted({ signal, stderr }: Environment): number {
  stderr.write(`${PROGRAM}: interrupted; the peers are stopped\n`);
  return typeof signal.reason === "number" ? signal.reason : 130;
}

async function judge(invocation: RunInvocation, world: Environment): Promise<number> {
  const { catalogue, engine, signal } = world;
  const selections = select(catalogue, invocation);
  const [first, ...rest] = selections;
  if (first === undefined) throw new UsageError("a carriage is missing", invocation.command);
  const expectations = invocation.expect === undefined ? [] : readExpected(invocation.expect);
  for (const path of [invocation.json, invocation.junit]) if (path !== undefined && path !== "-") mustBeWritable(path);

  const human = humanStream(invocation, world);
  const colours = paint(wantsColour(human.isTerminal, world.env));
  const progress = new Progress({ ...human, paint: colours, quiet: invocation.quiet });
  const { runs, stopped } = await runAll(invocation, [first, ...rest], { engine, progress, signal });
  if (signal.aborted) return interrupted(world);

  const assessment = assess(runs, {
    expectations,
    caseIds: new Set(catalogue.cases.map(({ id }) => id)),
    mustClauses: mustClauses(catalogue),
    stopped,
  });
  const left = selections.reduce((sum, selection) => sum + selection.left, 0);
  const text = (clause: string): string | undefined => textOf(catalogue, clause);
  human.write(
    consoleReport({
      runs,
      assessment,
      expectations,
      left,
      textOf: text,
      again: (id, way) => commandLine(invocation, id, way),
      explain: (id) => `${PROGRAM} explain ${id}`,
      trace: invocation.trace,
      quiet: invocation.quiet,
      paint: colours,
    }),
  );
  const { json, junit, only, expect } = invocation;
  if (json !== undefined) {
    const { version } = world;
    save(json, jsonReport({ version, runs, assessment, expectations, only, expect, left }), world);
  }
  if (junit !== undefined)
    save(junit, junitReport({ runs, assessment, expectations, textOf: text, only, expect, left }), world);
  return assessment.exitCode;
}

/** A document on the standard output has it for itself. */
function humanStream({ json, junit }: RunInvocation, { stdout, stderr }: Environment): TextStream {
  return json === "-" || junit === "-" ? stderr : stdout;
}

function readExpected(path: string): readonly Expected[] {
  try {
    return readExpectations(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof ExpectationError) throw new CannotRun(`${path}, ${error.message}`);
    throw new CannotRun(`--expect: ${messageOf(error)}`);
  }
}

/** Says that a report could not be written before there is one to lose. */
function mustBeWritable(path: string): void {
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new CannotRun(`${path} cannot be written: ${messageOf(error)}`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new CannotRun(`${path} is a folder`);
}

function save(path: string, text: string, { stdout }: Environment): void {
  if (path === "-") {
    stdout.write(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CannotRun(`${path} cannot be written: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
