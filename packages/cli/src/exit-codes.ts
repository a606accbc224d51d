/**
 * What the command's exit code says. One table for help, documents and code.
 *
 * @module
 */
import { TurnmuxError, UsageError } from "@turnmux/client";

/** Exit codes, with what each says. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unknown: 4,
  interrupted: 130,
  terminated: 143,
} as const;

/** For `--help`. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    it went well
  1    it ran and failed, or took effect although an error is reported (the error says which)
  2    usage: an option, an argument, or an input that is not what it should be
  3    refused: it did not start, so that it may be called again
  4    unknown: nobody knows whether it took effect; look before you call it again
  130  interrupted (Ctrl-C), and 143 terminated`;

/** The command was used in a way that it does not know. The message says what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What a failure exits with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError || error instanceof UsageError) return ExitCode.usage;
  if (!TurnmuxError.is(error)) return ExitCode.failed;
  switch (error.outcome) {
    case "not_started":
      return error.code === "invalid_argument" ? ExitCode.usage : ExitCode.refused;
    case "unknown":
      return ExitCode.unknown;
    case "failed":
    case "completed":
      return ExitCode.failed;
  }
}
