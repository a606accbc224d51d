/**
 * What the command says of a failure: on standard error, as text or as one JSON object.
 *
 * @module
 */
import { TurnmuxError } from "@turnmux/client";
import { exitCodeOf, ExitCode } from "./exit-codes.ts";
import { oneLine, toJson } from "./text.ts";

/** Writes a line to standard output, and waits for nobody. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes a line to standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Warns. */
export function warn(text: string): void {
  note(`turnmux: ${oneLine(text)}`);
}

/** The one shape of `--json` for whatever went wrong. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly outcome?: string;
  readonly exit: number;
  readonly [more: string]: unknown;
}

/** Tells of a failure, and gives the exit code. */
export function report(error: unknown, json: boolean): number {
  const exit = exitCodeOf(error);
  if (json) note(toJson({ error: failureOf(error, exit) }));
  else note(lines(error, exit).map(oneLine).join("\n"));
  return exit;
}

function failureOf(error: unknown, exit: number): Failure {
  if (TurnmuxError.is(error)) {
    const { code, sentence, outcome, retryable, retryAfterMs, details, tool, key, verify, callId } = error;
    return {
      code,
      message: sentence,
      outcome,
      exit,
      retryable,
      retryAfterMs,
      details,
      tool,
      key,
      verify,
      callId,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: exit === ExitCode.usage ? "usage" : "internal", message, exit };
}

function lines(error: unknown, exit: number): string[] {
  if (!TurnmuxError.is(error)) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = exit === ExitCode.usage ? ["turnmux --help, or turnmux COMMAND --help, says more."] : [];
    return [`turnmux: ${message}`, ...hint];
  }
  const { tool, sentence, code, outcome, key, details } = error;
  const subject = tool === undefined ? "" : `${tool}: `;
  const said = [`turnmux: ${subject}${sentence} [${code}, ${outcome}]`];
  if (details !== undefined) said.push(`details: ${toJson(details)}`);
  if (tool === undefined && code === "unauthenticated")
    said.push("Its proof is in a file: --token-file FILE, or --device-key FILE.");
  if (tool === undefined) return said;
  said.push(error.forModel());
  if (outcome === "unknown" && key !== undefined) said.push(`turnmux outcome ${key} tells what became of it.`);
  return said;
}
