/**
 * Sessions of a gateway in the same process, driven as a client under test is: `docs/spec.md` section 15.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createGateway, memoryJournal, sqliteJournal, type Gateway, type Session } from "@turnmux/gateway";
import { clientTools, gatewayTools, sessionTools } from "./contracts.ts";
import { Counters } from "./counters.ts";
import { drive, tellStanding, watch, type Driven } from "./driver.ts";
import { HOST_GRANT, TOKENS } from "./keys.ts";
import { environmentLimits } from "./limits.ts";
import { sayReady, type ConnectOrder, type SessionEvent } from "./lines.ts";
import { logger } from "./logger.ts";
import { RefusingJournal } from "./refusing-journal.ts";
import { clientHandlers, gatewayHandlers } from "./services.ts";
import { sessionHandlers } from "./session-tools.ts";

const folder = process.env["TURNMUX_TEST_STATE"];

function makeGateway(): Gateway {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const counters = new Counters(folder);
  const journal = new RefusingJournal(
    folder === undefined ? memoryJournal() : sqliteJournal(join(folder, "journal.db")),
  );
  const made = createGateway({ journal, limits: environmentLimits(), logger });
  made.implement(gatewayTools, gatewayHandlers(counters, journal));
  made.addEventListener("session", ({ detail: { session } }) => {
    session.implement(sessionTools, sessionHandlers(session));
  });
  return made;
}

const gateway = makeGateway();

/** What the clients' own tools count with. */
const clientCounters = new Counters(undefined);

function open({ auth }: ConnectOrder, tell: (event: SessionEvent) => void): Driven {
  const { principal, scopes } = TOKENS[auth?.keyId ?? ""] ?? HOST_GRANT;
  const journal = new RefusingJournal(memoryJournal());
  const session = gateway.openSession({ principal, scopes, journal });
  session.implement(clientTools, clientHandlers(clientCounters, journal));
  tellStanding(session, tell);
  watch(session, tell);
  return {
    standing: Promise.resolve<Session>(session),
    host: () => {
      throw new Error("a session in process has no host");
    },
    close: () => void session.close(),
  };
}

sayReady({ carriages: ["local"] });
drive(open);
