/**
 * A client under test, on `@turnmux/client`: `docs/spec.md` section 15.
 *
 * @module
 */

import { join } from "node:path";
import {
  connect,
  deviceKey,
  memoryJournal,
  sharedToken,
  type ClientAuth,
  type ClientSession,
  type Session,
} from "@turnmux/client";
import { sqliteJournal } from "@turnmux/gateway";
import { clientTools } from "./contracts.ts";
import { Counters } from "./counters.ts";
import { drive, tellStanding, watch, type Driven } from "./driver.ts";
import { HostSockets } from "./host-sockets.ts";
import { knownLimits } from "./limits.ts";
import { sayReady, type ConnectOrder, type SessionEvent } from "./lines.ts";
import { logger } from "./logger.ts";
import { RefusingJournal } from "./refusing-journal.ts";
import { clientHandlers } from "./services.ts";

type Tell = (event: SessionEvent) => void;

const RECONNECT = { initialMs: 20, maxMs: 100 } as const;

/** What sessions without a folder count with. */
const counters = new Counters(undefined);

/** What outlives sessions, by folder: a file belongs to one journal at a time. */
const kept = new Map<string, Keeping>();

interface Keeping {
  readonly journal: RefusingJournal;
  readonly counters: Counters;
}

function keepingOf(folder: string | undefined): Keeping {
  if (folder === undefined) return { journal: new RefusingJournal(memoryJournal()), counters };
  let found = kept.get(folder);
  if (found === undefined) {
    // The counters make the folder.
    const own = new Counters(folder);
    found = { journal: new RefusingJournal(sqliteJournal(join(folder, "journal.db"))), counters: own };
    kept.set(folder, found);
  }
  return found;
}

async function proof(auth: NonNullable<ConnectOrder["auth"]>): Promise<ClientAuth> {
  return auth.method === "token"
    ? sharedToken(auth.secret, auth.keyId)
    : deviceKey(new Uint8Array(Buffer.from(auth.seed, "hex")), auth.keyId);
}

function open(order: ConnectOrder, tell: Tell): Driven {
  const url = new URL(order.path, process.env["TURNMUX_TEST_URL"]).href;
  const { journal, counters: own } = keepingOf(order.journalFolder);
  const implement = (session: Session): void => {
    session.implement(clientTools, clientHandlers(own, journal));
  };
  return order.shared || order.carriage === "wrapped"
    ? share(order, url, journal, implement, tell)
    : dial(order, url, journal, implement, tell);
}

/** A session on sockets of its own. */
function dial(
  order: ConnectOrder,
  url: string,
  journal: RefusingJournal,
  implement: (session: Session) => void,
  tell: Tell,
): Driven {
  const abort = new AbortController();
  const { auth, limits, audience, reconnect, carriage } = order;
  let standing: ClientSession | undefined;
  return {
    standing: connect(url, {
      ...(auth === undefined ? {} : { auth: proof(auth) }),
      ...(carriage === "text" ? { carriage } : {}),
      audience,
      limits: knownLimits(limits),
      reconnect: reconnect && RECONNECT,
      journal,
      logger,
      signal: abort.signal,
    }).then((session) => {
      standing = session;
      tellStanding(session, tell);
      watch(session, tell);
      implement(session);
      return session;
    }),
    host: () => {
      throw new Error("this session's socket has no host");
    },
    close: () => {
      if (standing === undefined) abort.abort();
      else void standing.close();
    },
  };
}

/** A session on sockets of a host. */
function share(
  order: ConnectOrder,
  url: string,
  journal: RefusingJournal,
  implement: (session: Session) => void,
  tell: Tell,
): Driven {
  const { limits, audience, reconnect, carriage, auth } = order;
  const begin = async (): Promise<HostSockets> => {
    const prover = auth === undefined ? undefined : await proof(auth);
    const made = new HostSockets({
      url,
      carriage,
      reconnect,
      attach: { auth: prover, audience, limits: knownLimits(limits), journal, logger },
      heard: (text) => tell({ event: "host", text }),
    });
    watch(made.session, tell);
    implement(made.session);
    return made;
  };
  const sockets = begin();
  return {
    // That it ended before it stood is told by its state.
    standing: sockets.then(async ({ session }) => {
      await session.ready.catch(() => {});
      return session;
    }),
    host: (text) => void sockets.then((made) => made.say(text)),
    close: () => void sockets.then((made) => made.close()),
  };
}

sayReady({ carriages: ["binary", "text", "wrapped"], shared: true });
drive(open);
