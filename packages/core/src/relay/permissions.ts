/**
 * What a child may call through a session.
 *
 * @module
 */
import { beginTurnToolName, endTurnToolName } from "../contract/turns.ts";
import type { ToolDescription } from "../contract/describe.ts";
import { isReservedName } from "../contract/names.ts";
import type { Session } from "../session/session.ts";
import type { OfferEntry } from "../wire/frame.ts";

/** The tools of a session that some of its scopes allow. */
export interface Permissions {
  /** The scopes of whoever calls. */
  readonly scopes: readonly string[];
  /** True where everything that the session may call is allowed. */
  readonly all: boolean;
  /** Whether a tool of the session's peer may be called. Not for the protocol's own. */
  allows(tool: string): boolean;
  /** What those who call are offered. */
  offered(): OfferEntry[];
  /** The descriptions of what is allowed. */
  described(): readonly ToolDescription[];
  /** Runs `changed` whenever one of these is different; gives back what ends that. */
  listen(changed: () => void): () => void;
}

/** Tools that belong to whoever has the turn, not to those who work inside of it. */
export function isTurnTool(tool: string): boolean {
  return tool === beginTurnToolName || tool === endTurnToolName;
}

/** Everything that the session may call. */
export function allOf(session: Session): Permissions {
  return {
    get scopes() {
      return session.scopes;
    },
    all: true,
    allows: () => true,
    offered: () => [...session.offers.values()].filter(({ name }) => !isReservedName(name)),
    described: () => [],
    listen: (changed) => listen(session, changed),
  };
}

/**
 * What needs none but these scopes, as the session's peer describes its tools. A tool that changes is not allowed until it is described anew; nor
 * is one whose description tells no scopes, since nobody knows what it needs.
 *
 * Resolves when the tools are known. Rejects where they cannot be asked for.
 */
export async function narrowed(session: Session, scopes: readonly string[]): Promise<Permissions & { close(): void }> {
  const changed = new Set<() => void>();
  let tools: ReadonlyMap<string, ToolDescription> = new Map();
  const granted = (): readonly string[] => scopes.filter((scope) => session.scopes.includes(scope));
  const refresh = async (): Promise<void> => {
    const described = await session.catalog();
    const mine = new Set(granted());
    tools = new Map(
      described
        .filter((tool) => tool.scopes?.every((scope) => mine.has(scope)) === true)
        .map((tool) => [tool.name, tool]),
    );
  };
  const tell = (): void => {
    for (const run of changed) run();
  };
  await refresh();
  const stop = listen(session, () => {
    tell();
    // Until it is known, what has changed is not allowed; where the peer cannot be asked, it stays so until it offers again.
    refresh().then(tell, () => {});
  });
  const allows = (name: string): boolean => {
    const tool = tools.get(name);
    const offer = session.offers.get(name);
    if (tool === undefined || offer === undefined) return false;
    return offer.revision === undefined || offer.revision === tool.revision;
  };
  return {
    get scopes() {
      return granted();
    },
    all: false,
    allows,
    offered: () => [...session.offers.values()].filter(({ name }) => allows(name)),
    described: () => [...tools.values()].filter(({ name }) => allows(name)),
    listen: (run) => {
      changed.add(run);
      return () => changed.delete(run);
    },
    close: stop,
  };
}

function listen(session: Session, changed: () => void): () => void {
  const state = ({ detail }: { readonly detail: { readonly state: string } }): void => {
    if (detail.state === "ready") changed();
  };
  session.addEventListener("offer", changed);
  session.addEventListener("state", state);
  return () => {
    session.removeEventListener("offer", changed);
    session.removeEventListener("state", state);
  };
}
