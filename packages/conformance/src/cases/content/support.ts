/**
 * What the cases of content have in common: bodies of one's own octets, as arguments and as results.
 *
 * @module
 */
import { sendBody } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, type ContentName } from "../../wire/constants.ts";

/** A body of octets that are whatever a case wants. */
export interface Octets {
  readonly content: number;
  readonly octets: Uint8Array;
}

/** UTF-8 of a text, as a body. */
export function said(content: ContentName, text: string): Octets {
  return { content: Content[content], octets: new TextEncoder().encode(text) };
}

/** A body of hexadecimal digits, blanks aside, of which each part may be repeated. */
export function digits(
  content: ContentName,
  ...parts: readonly (string | readonly [hex: string, times: number])[]
): Octets {
  const octets = parts.map((part) => {
    const [hex, times] = typeof part === "string" ? [part, 1] : part;
    return Buffer.from(hex.replaceAll(" ", "").repeat(times), "hex");
  });
  return { content: Content[content], octets: Uint8Array.from(Buffer.concat(octets)) };
}

/** Makes a call of `test.echo` with these arguments, within the peer's credit; the stream. */
export async function echo(session: Session, { content, octets }: Octets): Promise<number> {
  const stream = session.newStream();
  const fields = { tool: "test.echo", callId: `content-${stream}`, content };
  await sendBody(session, stream, octets, (part, more) => build.open(stream, fields, part, { more }));
  return stream;
}

/** A rule of bodies, and what breaks it. */
export interface BodyRule {
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  readonly bad: Readonly<Record<string, () => Octets>>;
  /** Of so many octets that others suffer while it is read. */
  readonly alone?: boolean;
}

/** Registers, for each body that breaks the rule, a case in which it comes as arguments. */
export function bodyRule({ id, title, clause, bad, alone }: BodyRule): void {
  for (const [name, make] of Object.entries(bad)) {
    check({
      id: `${id}.${name.replaceAll(/[^\w-]+/g, "-")}`,
      title: `${title}: ${name}`,
      covers: [clause],
      role: "both",
      ...(alone === true ? { alone } : {}),
      async run(t) {
        const session = await t.session();
        await t.breaks(session, clause, () => echoes(t, session, make()));
      },
    });
  }
}

/** The peer ends the session meanwhile, perhaps before all of the body is there. */
async function echoes(t: Context, session: Session, body: Octets): Promise<void> {
  const sent = echo(session, body).then(
    () => "all of it",
    () => "a part of it",
  );
  t.note(`sent ${await sent}`);
}
