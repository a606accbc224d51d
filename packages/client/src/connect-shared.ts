/**
 * A session over the one of the turn that this process belongs to.
 *
 * @module
 */
import { UsageError } from "@turnmux/core";
import type { SharedAddress } from "@turnmux/share";
import { sharedToken } from "./auth/shared-token.ts";
import type { ClientSession } from "./client-session.ts";
import { connectTo } from "./connect.ts";
import type { ConnectOptions } from "./options.ts";
import { nodePlatform } from "./platform/node.ts";
import type { Platform } from "./platform/platform.ts";

/** What `connect` takes where the turn's session is shared: whoever shares it has seen to proof and address. */
export type ConnectSharedOptions = Omit<
  ConnectOptions,
  "auth" | "audience" | "carriage" | "headers" | "webSocket" | "parts"
>;

/** What is for a gateway that is dialled. */
const FOR_A_URL = ["auth", "audience", "carriage", "headers", "webSocket", "parts"] as const;

/** Opens it. Throws {@link UsageError} where nothing is shared with this process. */
export async function connectShared(options: ConnectSharedOptions): Promise<ClientSession> {
  const { sharedAddress, dialShared, SESSION_VARIABLE, SHARE_AUDIENCE } = await import("@turnmux/share");
  const address: SharedAddress | undefined = sharedAddress(process.env);
  if (address === undefined) {
    throw new UsageError(
      `connect() without a URL is for processes inside a turn, and ${SESSION_VARIABLE} is not set: pass a URL, or start this process with share.env in its environment`,
    );
  }
  const given: ConnectOptions = options;
  const wrong = FOR_A_URL.find((name) => given[name] !== undefined);
  if (wrong !== undefined) {
    throw new UsageError(`${wrong} goes with a URL: a session that is shared has what its owner gave it`);
  }
  const platform: Platform = {
    ...nodePlatform,
    open: (_target, listener) => dialShared(address.path, listener),
  };
  return connectTo(platform, { ...options, auth: sharedToken(address.ticket) }, () => ({
    target: { url: address.path, carriage: "binary", headers: {}, maxPayload: 0, webSocket: undefined },
    where: "the session that is shared with this process",
    acceptsAudience: (audience) => audience === SHARE_AUDIENCE,
  }));
}
