/**
 * How the end of a session is judged: the reason that was given, what became of the socket, and that nothing else suffered.
 *
 * @module
 */
import type { Session } from "../harness/session.ts";
import { breachCodes } from "../spec/breach-codes.ts";
import { requirementOf } from "../spec/requirements.ts";
import { Code, codeName, type CodeName } from "../wire/constants.ts";
import type { Context } from "./context.ts";
import { Failure } from "./verdict.ts";

/** What is expected beside the requirement. */
export interface Breach {
  /** The code of GOAWAY. Default: what the table behind CHAN-009 has for the requirement. */
  readonly code?: CodeName;
  /** With which code a gateway closes a socket of its own. Default: 1009 for `resource_exhausted`, otherwise 1002. */
  readonly close?: number;
}

/** Waits for GOAWAY that names the requirement, and for what must follow. */
export async function broken(t: Context, session: Session, clause: string, breach: Breach = {}): Promise<void> {
  const goaway = await session.goaway();
  const wanted = requirementOf(clause);
  const codes = breach.code === undefined ? breachCodes(wanted) : [breach.code];
  const hasCode = codes.some((code) => goaway.code === Code[code]);
  if (goaway.requirement !== wanted) {
    // One that ends the session for another reason, such as a fault of its own, has not seen the breach at all.
    const onlyUnnamed = goaway.requirement === undefined && hasCode;
    const named = goaway.requirement ?? `no requirement, with the code ${codeName(goaway.code)}`;
    throw new Failure(`GOAWAY names ${named}, and ${wanted} was broken.`, onlyUnnamed ? "CHAN-004.1" : clause);
  }
  if (!hasCode) {
    throw new Failure(
      `GOAWAY for ${wanted} has the code ${codeName(goaway.code)}, and should have ${codes.join(" or ")}.`,
      "CHAN-009",
    );
  }
  if (!t.ownEndpoint) return hostLivesOn(t, session);
  const { code } = await session.channel.closed();
  const close = breach.close ?? (goaway.code === Code.resource_exhausted ? 1009 : 1002);
  if (t.role === "gateway" && code !== close) {
    throw new Failure(`The gateway closed its socket with ${code}, and should with ${close}.`, "CARR-008.3");
  }
}

/** The host's own traffic goes on on the socket, and turnmux has fallen silent. */
export async function hostLivesOn(t: Context, session: Session): Promise<void> {
  const { channel } = session;
  const before = channel.arrived;
  if (t.role === "gateway") {
    const word = `still here ${t.random.integer(0, 1e9)}`;
    channel.sendHost(word);
    const answer = await channel.hostMessage();
    if (answer !== word) throw new Failure("The host's message did not come back as it was.", "CARR-004");
  } else {
    const { process, name } = t.driver(session);
    const word = `still here ${t.random.integer(0, 1e9)}`;
    process.send({ do: "host", session: name, text: word });
    const message = await channel.hostMessage();
    if (message !== word) throw new Failure("The host's message did not arrive as it was.", "CARR-004");
  }
  if (channel.arrived !== before) throw new Failure("The peer went on after it had ended the session.", "CHAN-004");
}

/** Waits until a session that the suite left with GOAWAY is over for the peer too, where that can be seen. */
export async function ended(session: Session): Promise<void> {
  session.channel.socket.close();
  await session.channel.closed({ within: 1_000 }).catch(() => {});
}
