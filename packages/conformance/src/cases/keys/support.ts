/**
 * What the cases of keys have in common.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { newKey, type Ending, type OutgoingCall } from "../../harness/calls.ts";
import type { PeerProcess } from "../../harness/driver.ts";
import type { Session } from "../../harness/session.ts";
import type { GatewayProcess } from "../../harness/targets.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import { Failure, Unsupported } from "../../suite/verdict.ts";

const Counted = z.object({ value: z.number(), runs: z.number() });

/** A counter that no other case knows. */
export function newCounter(): string {
  return `counter-${newKey()}`;
}

/** A call of `test.count`. */
export interface CountOptions {
  readonly key: string;
  readonly counter: string;
  readonly by?: number;
  readonly holdMs?: number;
  readonly deadlineMs?: number;
}

/** Makes a call of `test.count`. */
export function count(t: Context, session: Session, options: CountOptions): Promise<OutgoingCall> {
  const { key, deadlineMs, ...input } = options;
  return t.open(session, { tool: "test.count", key, input, deadlineMs });
}

/** What `test.counted` says of a counter. */
export async function counted(
  t: Context,
  session: Session,
  counter: string,
): Promise<{ readonly value: number; readonly runs: number }> {
  const ending = await (await t.open(session, { tool: "test.counted", input: { counter } })).ended();
  const parsed = Counted.safeParse(ending.value);
  if (!parsed.success) throw new Failure(`test.counted ended with ${ending.code}, without { value, runs }.`);
  return parsed.data;
}

/** The counter must have been added to so often. */
export async function ran(
  t: Context,
  session: Session,
  counter: string,
  expected: { readonly runs: number; readonly clause: string },
): Promise<void> {
  const { runs } = await counted(t, session, counter);
  t.equal(runs, expected.runs, "How often the handler has run", expected.clause);
}

/** Waits until the handler of a call has added to a counter that was at 0. */
export async function untilCounted(t: Context, session: Session, counter: string): Promise<void> {
  for (let times = 0; times < 50; times++) if ((await counted(t, session, counter)).runs > 0) return;
  throw new Failure("test.count was accepted, and does not count.");
}

/** A peer under test that can be killed and started anew with its state: the gateway, or a client with a folder for its journal. */
export interface Mortal {
  /** A session with the process that runs now. */
  session(options?: SessionOptions): Promise<Session>;
  /** kill -9, and a new process with the same state. */
  die(): Promise<void>;
}

/** A peer of the case's own that can be killed. */
export async function mortal(t: Context): Promise<Mortal> {
  return t.role === "gateway" ? mortalGateway(t, await t.ownGateway()) : mortalClient(t);
}

function mortalGateway(t: Context, gateway: GatewayProcess): Mortal {
  return {
    session: (options = {}) => t.session({ ...options, url: t.urlOf(gateway.urls) }),
    die: async () => {
      await gateway.process.kill();
      await gateway.restart();
    },
  };
}

async function mortalClient(t: Context): Promise<Mortal> {
  const folder = await stateFolder(t);
  let process: PeerProcess = await t.ownClient();
  return {
    session: (options = {}) => t.session({ ...options, process, connect: { journalFolder: folder, reconnect: false } }),
    die: async () => {
      await process.kill();
      process = await t.ownClient();
    },
  };
}

/** A folder for the journal of a client, which is deleted when the case is over. */
export async function stateFolder(t: Context): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "turnmux-conformance-client-"));
  t.afterwards(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** @throws Unsupported where the peer has not the tool that the call was for, which is optional. */
export function offered(ending: Ending, tool: string): Ending {
  if (ending.code === "unimplemented") throw new Unsupported(`The peer under test has no ${tool}.`);
  return ending;
}
