/**
 * What the cases of frames have in common: frames that no encoder makes, in whichever carriage the case runs.
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import type { Breach } from "../../suite/judgement.ts";
import type { Way } from "../../suite/verdict.ts";
import type { Frame, RawFrame, RawRow } from "../../wire/types.ts";

/** Ways on which frames are octets. */
export const BINARY_WAYS: readonly Way[] = ["binary", "shared"];
/** Ways on which frames are rows of JSON. */
export const TEXT_WAYS: readonly Way[] = ["text", "wrapped"];

/** A frame as octets, with a payload of one's own in hexadecimal; blanks in it are left out. */
export function octets(type: number, flags: number, stream: number, payload: string): RawFrame {
  const body = Buffer.from(payload.replaceAll(" ", ""), "hex");
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return { octets: Buffer.concat([head, body]) };
}

/** A frame as a row of text carriage. */
export function row(type: unknown, flags: unknown, stream: unknown, header: unknown, body: unknown = null): RawRow {
  return { row: [type, flags, stream, header, body] };
}

/** What breaks a rule: a frame, or what stands in place of one. */
export type Bad = Frame | RawFrame | RawRow;

/** A rule of frames, and what breaks it. */
export interface Rule {
  /** Behind `frame.`. */
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  /** Default: all. */
  readonly ways?: readonly Way[];
  /** Each breaks it in a session of its own. */
  readonly bad: Readonly<Record<string, (session: Session) => Bad | readonly Bad[]>>;
  readonly breach?: Breach;
  readonly limits?: "small";
}

function isList(value: Bad | readonly Bad[]): value is readonly Bad[] {
  return Array.isArray(value);
}

/** Registers a case for each thing that breaks the rule, against gateways and clients. */
export function rule({ id, title, clause, ways, bad, breach, limits }: Rule): void {
  for (const [name, make] of Object.entries(bad)) {
    check({
      id: `${id}.${name.replaceAll(/[^\w-]+/g, "-")}`,
      title: `${title}: ${name}`,
      covers: [clause],
      role: "both",
      ...(ways === undefined ? {} : { ways }),
      ...(limits === undefined ? {} : { limits }),
      run: (t) => breaksWith(t, clause, make, breach),
    });
  }
}

async function breaksWith(
  t: Context,
  clause: string,
  make: (session: Session) => Bad | readonly Bad[],
  breach: Breach | undefined,
): Promise<void> {
  const session = await t.session();
  const bad = make(session);
  await t.breaks(session, clause, () => session.sendRaw(...(isList(bad) ? bad : [bad])), breach);
}
