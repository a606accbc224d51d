/**
 * Mutants of tools.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "tools.takes-any-name",
  breaks: "TOOL-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if (!isToolName(tool.name)) {\n",
  replace: '    if (tool.name === "\\n") {\n',
  why: "takes names of other characters",
});

mutant({
  id: "tools.offers-a-name-with-a-space",
  breaks: "TOOL-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    return this.allowed().map((tool) => tool.offer);\n",
  replace:
    '    return this.allowed().flatMap(({ name, offer }) => (name === "test.echo" ? [offer, { ...offer, name: "test echo" }] : [offer]));\n',
  why: "offers a name with a space in it",
});

mutant({
  id: "tools.takes-names-alike",
  breaks: "TOOL-001.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "?? tool.name) !== tool.name) {\n",
  replace: '?? tool.name) === "") {\n',
  why: "takes names together that are alike for a model",
});

mutant({
  id: "tools.offers-names-alike",
  breaks: "TOOL-001.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    return this.allowed().map((tool) => tool.offer);\n",
  replace:
    '    return this.allowed().flatMap(({ name, offer }) => (name === "test.echo" ? [offer, { ...offer, name: "test_echo" }] : [offer]));\n',
  why: "offers names together that are alike for a model",
});

mutant({
  id: "tools.takes-names-of-the-protocol",
  breaks: "TOOL-001.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if (isReservedName(tool.name)) {\n",
  replace: "    if (isReservedName(tool.name) && tool.effect > 2) {\n",
  why: "takes an offer of a name of the protocol's",
});

mutant({
  id: "tools.offers-names-of-the-protocol",
  breaks: "TOOL-001.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    return this.allowed().map((tool) => tool.offer);\n",
  replace:
    '    return this.allowed().flatMap(({ name, offer }) => (name === "test.echo" ? [offer, { ...offer, name: "turnmux.describe" }] : [offer]));\n',
  why: "offers a name of the protocol's",
});

mutant({
  id: "tools.offers-beyond-the-scopes",
  breaks: "TOOL-002.1",
  roles: ["gateway"],
  file: "packages/core/src/session/dispatcher.ts",
  find: ".filter((tool) => this.#allows(tool));",
  replace: ";",
  why: "offers tools that the scopes do not allow",
});

mutant({
  id: "tools.offers-to-nobody-with-more-scopes",
  breaks: "TOOL-002.1",
  roles: ["gateway"],
  file: "packages/core/src/session/dispatcher.ts",
  find: ".filter((tool) => this.#allows(tool));",
  replace: '.filter((tool) => this.#allows(tool) && tool.name !== "test.secret");',
  why: "offers nothing that needs more than one scope of the key",
});

mutant({
  id: "tools.keeps-the-offer",
  breaks: "TOOL-002.2",
  roles: ["gateway"],
  file: "packages/core/src/session/session.ts",
  find: "    this.#takeScopes(scopes);\n    this.#offer();\n",
  replace: "    this.#takeScopes(scopes);\n",
  why: "does not offer again when the scopes change",
});

mutant({
  id: "tools.adds-with-each-frame",
  breaks: "TOOL-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: "frames.length === 0 ? OfferMode.replace : OfferMode.add",
  replace: "OfferMode.add",
  why: "replaces nothing with the first frame of an offer",
});

mutant({
  id: "tools.replaces-with-each-frame",
  breaks: "TOOL-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: "frames.length === 0 ? OfferMode.replace : OfferMode.add",
  replace: "OfferMode.replace",
  why: "replaces its offer with each frame of it",
});

mutant({
  id: "tools.takes-each-frame-for-all",
  breaks: "TOOL-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "      if (frame.mode === OfferMode.replace) {\n",
  replace: "      if (frame.mode === OfferMode.replace || frame.mode === OfferMode.add) {\n",
  why: "takes a frame that adds for all that is offered",
});

mutant({
  id: "tools.takes-nothing-away",
  breaks: "TOOL-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "for (const name of frame.names) if (this.#drop(name)) changes = true;",
  replace: "changes = true;",
  why: "does not take away what is not offered any more",
});

mutant({
  id: "tools.describes-beyond-the-scopes",
  breaks: "TOOL-004",
  roles: ["gateway", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "        () => this.allowed(),\n",
  replace: "        () => [...this.#registry.all()],\n",
  why: "describes tools that the scopes do not allow",
});

mutant({
  id: "tools.describes-everything",
  breaks: "TOOL-004",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/registry.ts",
  find: "wanted === undefined || wanted.includes(tool.name)",
  replace: "wanted === undefined || wanted.length >= 0",
  why: "describes tools that nobody asked for",
});

mutant({
  id: "tools.describes-without-schemas",
  breaks: "TOOL-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/contract/describe.ts",
  find: "    revision: revisionOf(name, contract),\n    ...schemas,\n",
  replace: "    revision: revisionOf(name, contract),\n",
  why: "describes tools without their schemas",
});

mutant({
  id: "tools.describes-without-verify",
  breaks: "TOOL-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/contract/describe.ts",
  find: "    ...(contract.verify === undefined ? {} : { verify: contract.verify }),\n",
  replace: "",
  why: "does not say which tool tells whether a call took effect",
});

mutant({
  id: "tools.describes-another-revision",
  breaks: "TOOL-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/contract/describe.ts",
  find: "    revision: revisionOf(name, contract),\n",
  replace: "    revision: revisionOf(`${name}.`, contract),\n",
  why: "describes another revision than it offers",
});

mutant({
  id: "tools.describes-no-items",
  breaks: "TOOL-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/contract/describe.ts",
  find: "    streams: contract.item !== undefined,\n",
  replace: "    streams: false,\n",
  why: "does not say which tools send items",
});

mutant({
  id: "tools.knows-nothing-that-runs",
  breaks: "TOOL-005.1",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/session/inquiries.ts",
      find: "    if (request.key === undefined) {\n",
      replace: '    if (request.key === undefined && principal === "") {\n',
    },
    {
      file: "packages/core/src/session/inquiries.ts",
      find: "      if (ending === undefined) return this.#running(place);\n",
      replace: '      if (ending === undefined) return { state: "none" };\n',
    },
  ],
  why: "does not know of a call that runs",
});

mutant({
  id: "tools.shows-no-result",
  breaks: "TOOL-005.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/inquiries.ts",
  find: "result: shown ? settled.value : undefined",
  replace: "result: undefined",
  why: "does not tell what a call resulted in",
});

mutant({
  id: "tools.calls-failures-completed",
  breaks: "TOOL-005.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/inquiries.ts",
  find: "    return present({ ...about, outcome, code, message, retryable });\n",
  replace: '    return present({ ...about, outcome, message: code === "unknown" ? message : undefined, retryable });\n',
  why: "says completed of a call whatever became of it, without its code",
});

mutant({
  id: "tools.tells-strangers",
  breaks: "TOOL-005.1",
  roles: ["gateway"],
  file: "packages/core/src/session/inquiries.ts",
  find: "    const { principal } = asking;\n",
  replace: '    const principal = asking.principal === "stranger" ? "conformance" : asking.principal;\n',
  why: "tells of other principals' calls",
});

mutant({
  id: "tools.takes-abandoned-calls-for-none",
  breaks: "TOOL-005.1",
  roles: ["gateway"],
  file: "packages/core/src/session/inquiries.ts",
  find: '    return present({ state: "abandoned", ...placeOf(record), outcome: "unknown", code: "aborted", message });\n',
  replace: '    return present({ state: "none", message });\n',
  why: "knows nothing of a call that was abandoned",
});

mutant({
  id: "tools.takes-the-key-that-is-asked-for",
  breaks: "TOOL-005.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/inquiries.ts",
  find: '    if (record === undefined) return { state: "none" };\n',
  replace:
    '    const asked = this.#options.registry.get("test.count");\n    if (record === undefined && input.key !== undefined && asked !== undefined) {\n      await once.claim(principal, input.key, "asked", new Execution(asked, {}, "asked"));\n    }\n    if (record === undefined) return { state: "none" };\n',
  why: "takes a key that is asked for, as if a call had come with it",
});

mutant({
  id: "tools.tells-beyond-the-scopes",
  breaks: "TOOL-005.3",
  roles: ["gateway"],
  file: "packages/core/src/session/inquiries.ts",
  find: "    if (tool === undefined || this.#options.allows(tool)) return;\n",
  replace: '    if (tool === undefined || tool.name !== "") return;\n',
  why: "tells of calls whose tools the scopes do not allow",
});

mutant({
  id: "tools.lists-beyond-the-scopes",
  breaks: "TOOL-006",
  roles: ["gateway"],
  file: "packages/core/src/session/inquiries.ts",
  find: "    return tool !== undefined && this.#options.allows(tool);\n",
  replace: "    return tool !== undefined;\n",
  why: "lists calls whose tools the scopes do not allow",
});

mutant({
  id: "tools.lists-nothing",
  breaks: "TOOL-006",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/inquiries.ts",
  find: "    return { calls };\n",
  replace: "    return { calls: calls.slice(0, 0) };\n",
  why: "lists no calls",
});

mutant({
  id: "tools.lists-all-as-running",
  breaks: "TOOL-006",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/inquiries.ts",
  find: "calls.push(present({ callId, tool: tool.name, key, turn, state, sinceMs, deadlineMs }));",
  replace:
    'calls.push(present({ callId, tool: tool.name, key, turn, state: state === "joined" ? "running" : state, sinceMs, deadlineMs }));',
  why: "lists a call that joined as one that runs",
});

mutant({
  id: "tools.lists-the-calls-of-others",
  breaks: "TOOL-006",
  roles: ["gateway"],
  file: "packages/core/src/session/inquiries.ts",
  find: "of registry.calls.of(principal)) {\n      if (!this",
  replace: 'of registry.calls.of(principal === "stranger" ? "conformance" : principal)) {\n      if (!this',
  why: "lists other principals' calls",
});

mutant({
  id: "tools.lists-what-is-over",
  breaks: "TOOL-006",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/inquiries.ts",
  find: "calls.push(present({ callId, tool: tool.name, key, turn, state,",
  replace: "calls.push(present({ callId, tool: tool.name, key, turn: undefined, state,",
  why: "lists a call with less than is known of it",
});
