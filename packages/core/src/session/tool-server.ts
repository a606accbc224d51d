/**
 * Runs tools for the peer of a session.
 *
 * @module
 */
import { Dispatcher } from "./dispatcher.ts";
import type { TakesCalls } from "./incoming-calls.ts";
import type { Lanes } from "../lanes/lanes.ts";
import type { LateTools } from "./late-tools.ts";
import type { OnceCalls } from "./once.ts";
import type { ToolRegistry } from "./registry.ts";

/** What a {@link toolServer} works with. */
export interface ToolServerOptions {
  /** Tools that the peer may call. Those that the session implements itself come on top. */
  readonly registry?: ToolRegistry | undefined;
  /** Where calls of `once` tools are recorded. Absent where there is no journal. */
  readonly once?: OnceCalls | undefined;
  /** The lanes of sessions. Absent on a client: tools with a lane are refused there. */
  readonly lanes?: Lanes | undefined;
  /** Of one session: until when it may get tools that its peer calls already. */
  readonly late?: LateTools | undefined;
}

/** For `SessionOptions.incoming`. It may serve any number of sessions, or one where there is {@link ToolServerOptions.late}. */
export function toolServer(options: ToolServerOptions): TakesCalls {
  const { registry, once, lanes, late } = options;
  return (session) => new Dispatcher({ session, once, registry, lanes, late });
}
