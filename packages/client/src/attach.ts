/**
 * A session on a WebSocket of a host.
 *
 * @module
 */
import type { Carrier } from "@turnmux/core";
import { AttachedSession } from "./attached-session.ts";
import type { ClientSession } from "./client-session.ts";
import { Attachment } from "./connection/attachment.ts";
import { connectError } from "./connection/ending.ts";
import {
  closeOnAbort,
  publishStates,
  sessionOptions,
  settingsOf,
  tellLag,
  throwIfAborted,
} from "./connection/settings.ts";
import { checkMs, type AttachOptions, type ClientSocket } from "./options.ts";
import type { Platform } from "./platform/platform.ts";

/** Makes `attach` for a platform. */
export function attachOn(platform: Platform, socket: ClientSocket | Carrier, options: AttachOptions): AttachedSession {
  const { signal, waitMs = 0, carriage, audience = [], auth } = options;
  checkMs("waitMs", waitMs, 0);
  throwIfAborted(signal);
  const named = new Set(audience.map((name) => name.toLowerCase()));
  const settings = settingsOf(options, platform, auth, (name) => named.has(name.toLowerCase()));
  const attachment = new Attachment({ platform, settings, carriage, waitMs });
  const session = new AttachedSession(sessionOptions(options, settings, waitMs > 0), attachment, standing);
  session.addEventListener("offer", () => attachment.ready());
  publishStates(session, settings);
  attachment.attach(socket);
  tellLag(platform, session.closed);
  closeOnAbort(signal, session.closed, (message) => attachment.close(message));
  return session;
}

async function standing(session: ClientSession): Promise<void> {
  const offered = new Promise<undefined>((resolve) => {
    session.addEventListener("offer", () => resolve(undefined), { once: true });
  });
  const end = await Promise.race([offered, session.closed]);
  if (end !== undefined) throw connectError(end, "the other end of the host's WebSocket");
}
