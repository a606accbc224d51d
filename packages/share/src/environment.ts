/**
 * What a child process finds in its environment.
 *
 * @module
 */
import { UsageError } from "@turnmux/core";

/** The variable's name. */
export const SESSION_VARIABLE = "TURNMUX_SESSION";

/** Where a turn is shared, and what proves that one may join it. */
export interface SharedAddress {
  /** A Unix socket, or a named pipe. */
  readonly path: string;
  /** A secret: 256 random bits. */
  readonly ticket: string;
}

const FORM = /^1:([A-Za-z0-9_-]{43}):(.+)$/s;

/** The variable's value. */
export function toVariable({ path, ticket }: SharedAddress): string {
  return `1:${ticket}:${path}`;
}

/** The address in an environment; undefined where there is none. Throws {@link UsageError} for what is no address. */
export function sharedAddress(environment: Readonly<Record<string, string | undefined>>): SharedAddress | undefined {
  const value = environment[SESSION_VARIABLE];
  if (value === undefined || value === "") return undefined;
  const [, ticket, path] = FORM.exec(value) ?? [];
  if (ticket === undefined || path === undefined || path.includes("\0")) {
    throw new UsageError(
      `${SESSION_VARIABLE} is not what share() gives: pass share.env on to the process unchanged, or unset the variable`,
    );
  }
  return { path, ticket };
}
