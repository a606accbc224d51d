/**
 * The gateway's process: serves the clients' calls, and calls them.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { AddressInfo } from "node:net";
import { createGateway, tokenAuth, type GatewaySession } from "@turnmux/gateway";
import { gatewayTools } from "../contract.ts";
import { nameOf } from "../files.ts";
import { Intents } from "../intents.ts";
import { openJournal } from "../journal.ts";
import { leave, obey, processSettings, tell } from "../parent.ts";
import { Performer } from "../performer.ts";
import { Random } from "../random.ts";
import { secretOf } from "../secrets.ts";
import { handlers } from "./handlers.ts";

/** Silence that is noticed within the length of a stall, and a resume window that stalls and pauses sometimes exceed. */
const LIMITS = { heartbeatMs: 400, resumeWindowMs: 2_500 } as const;

const settings = processSettings();
const performer = new Performer(settings.folder, settings.process, settings.plants);
const journal = openJournal(settings.folder, nameOf(settings.process), settings.plants);
const names = Array.from({ length: settings.clients }, (_, index) => `c${index + 1}`);

/** The latest session of each client. */
const latest = new Map<string, GatewaySession>();

const gateway = createGateway({ journal, limits: LIMITS });
gateway.implement(
  gatewayTools,
  handlers(performer, (principal) => latest.get(principal)),
);
gateway.addEventListener("session", ({ detail: { session } }) => {
  latest.set(session.principal, session);
  void session.closed.then(() => {
    if (latest.get(session.principal) === session) latest.delete(session.principal);
  });
});

/** What the gateway wants of each client. */
const applications = names.map(
  (name) =>
    new Intents({
      settings,
      random: new Random(settings.seed, `${settings.process} ${name}`),
      session: async () => {
        for (;;) {
          const session = latest.get(name);
          if (session !== undefined) return session;
          await pause(10);
        }
      },
      tools: { "device.note": 3, "device.look": 1 },
      workers: 2,
      prefix: `-${name}`,
    }),
);

const entries = names.map((name) => [name, { secret: secretOf(name), principal: name, scopes: [] }] as const);
const endpoint = gateway.listen({
  port: 0,
  audience: `127.0.0.1:${settings.port}`,
  auth: tokenAuth({ tokens: Object.fromEntries(entries) }),
});
await endpoint.ready;

let told = 0;
function count(): void {
  let calls = 0;
  let pending = 0;
  for (const { counts } of applications) {
    calls += counts.calls;
    pending += counts.pending;
  }
  tell({ say: "counts", calls: calls - told, pending });
  told = calls;
}

async function end(): Promise<void> {
  while (performer.running > 0) await pause(10);
  await gateway.drain({ graceMs: 10_000 });
  await journal.close();
  count();
  for (const application of applications) application.leave();
  leave();
}

obey(({ say }) => {
  if (say === "leave") void end();
  else for (const application of applications) application.calm();
});
setInterval(count, 500).unref();
tell({ say: "ready", port: (endpoint.address() as AddressInfo).port });
await Promise.all(applications.map((application) => application.work()));
tell({ say: "finished" });
