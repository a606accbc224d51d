/**
 * What `turnmux top` shows, as a tool: any gateway offers it with one line, `offerStats(gateway)`.
 *
 * @module
 */
import { defineTools, tool, type Gateway, type Schema } from "@turnmux/gateway";

/** What a client needs to be granted. */
export const STATS_SCOPE = "gateway.stats";

/** The tool's name. */
export const STATS_TOOL = "gateway.stats";

/** Sessions that are told of, the first ones. */
const MOST_SESSIONS = 1_000;

const object: Schema = {
  "~standard": {
    version: 1,
    vendor: "turnmux",
    validate: (value: unknown) =>
      typeof value === "object" && value !== null ? { value } : { issues: [{ message: "must be an object" }] },
  },
};

/**
 * Offers the tool `gateway.stats` to clients with the scope `gateway.stats`, and gives back what takes it away: the numbers of
 * `gateway.stats()`, and the sessions by principal. It tells no arguments, results or secrets.
 *
 * @throws {UsageError} where the gateway has a tool of this name
 */
export function offerStats(gateway: Gateway): () => void {
  const tools = defineTools({
    gateway: {
      stats: tool({
        description: "Tells how many sessions and calls the gateway has, and how late its event loop is",
        input: object,
        inputJsonSchema: { type: "object", properties: {} },
        output: object,
        effect: "read",
        scopes: [STATS_SCOPE],
      }),
    },
  });
  return gateway.implement(tools, {
    gateway: {
      stats: () => ({
        ...gateway.stats(),
        list: [...gateway.sessions].slice(0, MOST_SESSIONS).map(({ id, principal, state, activeCalls }) => ({
          id,
          principal,
          state,
          ...activeCalls,
        })),
      }),
    },
  });
}
