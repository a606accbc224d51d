/**
 * Mutants of turns and lanes.
 *
 * @module
 */

import { mutant, type MutantDefinition } from "../mutant.ts";

const GRAPH = "packages/core/src/lanes/graph.ts";
const BOOK = "packages/core/src/lanes/book.ts";
const TURNS = "packages/core/src/session/turn-calls.ts";

/** Lanes are a gateway's. */
function atGateway(definition: Omit<Extract<MutantDefinition, { readonly file: string }>, "roles">): void {
  mutant({ ...definition, roles: ["gateway"] });
}

atGateway({
  id: "lanes.last-come-first-served",
  breaks: "LANE-001.1",
  file: GRAPH,
  find: "lane.queue.shift();",
  replace: "lane.queue.pop();",
  why: "gives the lane to the one that asked last",
});

atGateway({
  id: "lanes.one-for-all-sessions",
  breaks: "LANE-001.1",
  file: TURNS,
  find: "      lane: this.#session.identity.id,",
  replace: '      lane: "one",',
  why: "has one lane for all sessions",
});

atGateway({
  id: "lanes.two-at-a-time",
  breaks: "LANE-001.2",
  file: GRAPH,
  find: "    if (lane.holders.size === 0 || belongs(parent, lane)) {",
  replace: "    if (lane.holders.size <= 1 || belongs(parent, lane)) {",
  why: "gives the lane to two turns at a time",
});

atGateway({
  id: "lanes.over-with-the-outer-turn",
  breaks: "LANE-001.2",
  file: GRAPH,
  find: "    else lane.holders.delete(turn);",
  replace: "    else if (turn.up === undefined) lane.holders.clear();",
  why: "frees the lane while a turn still runs there on behalf of the one that is over",
});

atGateway({
  id: "lanes.guessable-tokens",
  breaks: "LANE-002",
  file: BOOK,
  find: "const LINEAGE_OCTETS = 16;",
  replace: "const LINEAGE_OCTETS = 8;",
  why: "gives tokens of 64 bits",
});

atGateway({
  id: "lanes.same-token-again",
  breaks: "LANE-002",
  file: BOOK,
  find: "    const lineage = this.#token();",
  replace: "    const lineage = `${entry.request.turn}-`.padEnd(32, entry.request.lane);",
  why: "gives turns of one name the same token",
});

atGateway({
  id: "lanes.keeps-ended-turns",
  breaks: "LANE-003.1",
  file: TURNS,
  find: "    begun?.ticket.leave();",
  replace: "",
  why: "says that a turn ended, and keeps its lane",
});

atGateway({
  id: "lanes.ends-no-turn-by-its-call",
  breaks: "LANE-003.1",
  file: TURNS,
  find: "if (begun.callId === callId) return lineage;",
  replace: 'if (begun.callId === "") return lineage;',
  why: "does not find a turn by the call that began it",
});

atGateway({
  id: "lanes.ended-by-anybody",
  breaks: "LANE-003.2",
  file: TURNS,
  find: "    return begun !== undefined;",
  replace: "    return true;",
  why: "says of every turn that it ended",
});

mutant({
  id: "lanes.ended-from-another-session",
  breaks: "LANE-003.2",
  roles: ["gateway"],
  edits: [
    {
      file: TURNS,
      find: "  readonly #begun = new Map<string, Begun>();",
      replace: "  readonly #begun = ALL_BEGUN;",
    },
    {
      file: TURNS,
      find: "/** One for each session of a gateway. */",
      replace: "const ALL_BEGUN = new Map<string, Begun>();\n\n/** One for each session of a gateway. */",
    },
  ],
  why: "ends a turn for whoever knows its token",
});

atGateway({
  id: "lanes.own-calls-wait",
  breaks: "LANE-004.1",
  file: GRAPH,
  find: "    if (lane.holders.size === 0 || belongs(parent, lane)) {",
  replace: "    if (lane.holders.size === 0) {",
  why: "has what a turn asks for itself wait for that turn",
});

atGateway({
  id: "lanes.one-hop-only",
  breaks: "LANE-004.1",
  file: GRAPH,
  find: "for (let node = turn; node !== undefined; node = node.up) {",
  replace: "for (let node = turn; node !== undefined; node = undefined) {",
  why: "knows the turn on whose behalf a call is, and not the one behind it",
});

atGateway({
  id: "lanes.forgets-who-was-behind",
  breaks: "LANE-004.1",
  file: GRAPH,
  find: "    node.up = up;",
  replace: "    node.up = undefined;",
  why: "forgets on whose behalf a turn is when the one between them is over",
});

atGateway({
  id: "lanes.takes-forged-tokens",
  breaks: "LANE-004.2",
  file: BOOK,
  find: "return this.#byLineage.get(lineage) ?? this.#keys.find(lineage);",
  replace: "return this.#byLineage.get(lineage) ?? [...this.#byLineage.values()].at(-1);",
  why: "takes any lineage for that of the latest turn",
});

mutant({
  id: "lanes.remembers-ended-turns",
  breaks: "LANE-004.2",
  roles: ["gateway"],
  edits: [
    { file: BOOK, find: "      this.#byLineage.delete(lineage);\n", replace: "" },
    {
      file: GRAPH,
      find: "const parent = running(ask.parent);",
      replace:
        'const parent = ask.parent instanceof Node ? ask.parent : undefined;\n    if (parent?.state === "over") lane.holders.clear();',
    },
  ],
  why: "gives the lane away for the token of a turn that is over",
});

atGateway({
  id: "lanes.refuses-forged-tokens",
  breaks: "LANE-004.2",
  file: TURNS,
  find: '    if (verdict.kind === "refused") call.settle(verdict.refusal);',
  replace:
    '    if (verdict.kind === "refused") call.settle(verdict.refusal);\n    if (context.lineage?.startsWith("k_")) call.settle({ ok: false, code: "invalid_argument", message: "no such turn", outcome: "not_started" });',
  why: "takes it for an error where a lineage is none",
});

atGateway({
  id: "lanes.lets-cycles-wait",
  breaks: "LANE-005.1",
  file: GRAPH,
  find: "      if (turns !== undefined) return",
  replace: "      if (turns !== undefined && turns.length === 0) return",
  why: "lets wait what could never end",
});

atGateway({
  id: "lanes.finds-short-cycles-alone",
  breaks: "LANE-005.1",
  file: GRAPH,
  find: "      if (turns !== undefined) return",
  replace: "      if (turns !== undefined && turns.length < 4) return",
  why: "finds cycles of two turns alone",
});

atGateway({
  id: "lanes.names-no-turn",
  breaks: "LANE-005.1",
  file: BOOK,
  find: "filter(({ principal }) => principal === asker)",
  replace: "filter(({ principal }) => principal === `${asker}.`)",
  why: "names no turn of a cycle",
});

atGateway({
  id: "lanes.names-strangers",
  breaks: "LANE-005.2",
  file: BOOK,
  find: "filter(({ principal }) => principal === asker)",
  replace: 'filter(({ principal }) => principal !== "")',
  why: "names turns of other principals",
});

atGateway({
  id: "lanes.queues-in-silence",
  breaks: "LANE-006.1",
  file: TURNS,
  find: "      queued: (wait) => tellPlace(call, wait),",
  replace: "      queued: undefined,",
  why: "does not say that a call waits",
});

atGateway({
  id: "lanes.wrong-place",
  breaks: "LANE-006.1",
  file: BOOK,
  find: 'behind: turn.behind ?? "", place: turn.place };',
  replace: 'behind: turn.behind ?? "", place: turn.place + 1 };',
  why: "counts places from 1",
});

atGateway({
  id: "lanes.takes-what-comes",
  breaks: "LANE-006.2",
  file: GRAPH,
  find: "    if (lane.queue.length >= this.#most)",
  replace: "    if (lane.queue.length > this.#most)",
  why: "lets one more wait than may",
});

atGateway({
  id: "lanes.says-not-when",
  breaks: "LANE-006.2",
  file: BOOK,
  find: "  { retryAfterMs: LANE_RETRY_MS },\n",
  replace: "  LANE_RETRY_MS > 0 ? {} : { retryAfterMs: LANE_RETRY_MS },\n",
  why: "does not say when to try again",
});

atGateway({
  id: "lanes.tool-without-its-lane",
  breaks: "LANE-007",
  file: "packages/core/src/session/dispatcher.ts",
  find: "    if (call.tool.contract.lane === undefined || this.#turns === undefined) {",
  replace:
    '    if (call.tool.name === "test.lane" || call.tool.contract.lane === undefined || this.#turns === undefined) {',
  why: "runs a tool that takes the lane at once",
});

atGateway({
  id: "lanes.tool-that-is-done-at-once",
  breaks: "LANE-007",
  file: TURNS,
  find: "    if (!begins) {\n",
  replace: "    if (!begins) {\n      ticket.leave();\n",
  why: "gives the lane back before the handler has ended",
});

atGateway({
  id: "lanes.waits-for-its-owner",
  breaks: "LANE-008",
  file: TURNS,
  find: "  suspended(): void {\n",
  replace: "  suspended(): void {\n    if (this.#lanes !== undefined) return;\n",
  why: "keeps the lane of a turn whose session has no channel",
});
