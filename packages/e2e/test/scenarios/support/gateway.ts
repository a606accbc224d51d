/** A gateway with a scheduler. */
import { createGateway, memoryJournal, tokenAuth, type Gateway, type Journal } from "@turnmux/gateway";
import { Scheduler, tools } from "./cron.ts";

export const SECRET = "a shared secret of the scenarios";

/** The gateway's name: its clients may dial a proxy before it. */
export const AUDIENCE = "gateway.scenarios:443";

/** What there is once {@link openGateway} has begun to listen. */
export interface OpenGateway {
  readonly gateway: Gateway;
  readonly scheduler: Scheduler;
  readonly url: string;
}

/** A gateway on a free port. */
export async function openGateway(journal: Journal = memoryJournal()): Promise<OpenGateway> {
  const gateway = createGateway({ journal });
  const scheduler = new Scheduler();
  gateway.implement(tools, scheduler.handlers);
  const auth = tokenAuth(SECRET, { principal: "alice", scopes: [] });
  const endpoint = gateway.listen({ port: 0, auth, audience: AUDIENCE });
  await endpoint.ready;
  return { gateway, scheduler, url: endpoint.url };
}
