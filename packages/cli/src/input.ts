/**
 * The arguments of a call, from where the user has them.
 *
 * @module
 */
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { CommandError } from "./exit-codes.ts";

/** Octets of arguments that are read: as much as a gateway takes by default. */
export const INPUT_OCTETS: number = 16 * 2 ** 20;

/** The value of `JSON`, `@file`, `-` for standard input, or nothing, which is `{}`. Throws {@link CommandError}. */
export async function readInput(argument: string | undefined, stdin: Readable): Promise<unknown> {
  if (argument === undefined) return {};
  if (argument === "-") return parsed(await readAll(stdin, "standard input"), "standard input");
  if (!argument.startsWith("@")) return parsed(argument, "the argument");
  const path = argument.slice(1);
  const file = await open(path).catch((error: unknown) => {
    throw new CommandError(`${path} cannot be read: ${messageOf(error)}`);
  });
  try {
    return parsed(await readAll(file.createReadStream({ autoClose: false }), path), path);
  } finally {
    await file.close();
  }
}

/** Text of a stream, up to {@link INPUT_OCTETS}. */
export async function readAll(stream: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  try {
    for await (const chunk of stream) {
      const piece: Buffer = Buffer.from(chunk as Uint8Array);
      octets += piece.length;
      if (octets > INPUT_OCTETS)
        throw new CommandError(`${name} has more than ${INPUT_OCTETS} octets, which is the most that is read`);
      chunks.push(piece);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${name} cannot be read: ${messageOf(error)}`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string, name: string): unknown {
  try {
    return withOctets(JSON.parse(text));
  } catch (error) {
    // V8 quotes the text, which may hold what belongs into no log.
    const where = /position \d+/.exec(messageOf(error))?.[0];
    throw new CommandError(
      `${name} is no JSON${where === undefined ? "" : ` (at ${where})`}: quote it as '{"name":"value"}', or pass @file or -`,
    );
  }
}

/** Octets travel as they are printed: `{"$bytes":"…base64…"}`. */
function withOctets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOctets);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "$bytes" && typeof first[1] === "string") {
    return new Uint8Array(Buffer.from(first[1], "base64"));
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, withOctets(one)]));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
