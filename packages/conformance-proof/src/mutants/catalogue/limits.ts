/**
 * Mutants of limits.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "limit.opens-too-many",
  breaks: "LIMIT-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (this.#openedByUs >= this.#peerLimits.streams) {",
  replace: "if (this.#openedByUs >= this.#peerLimits.streams + 5) {",
  why: "opens more streams than the peer takes",
});

mutant({
  id: "limit.assembles-without-end",
  breaks: "LIMIT-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: "return this.#unfinished > 0 && this.#unfinished + octets > this.#limits.assembling;",
  replace: "return this.#unfinished < 0;",
  why: "begins bodies for which the peer has no room",
});

mutant({
  id: "limit.drops-long-items",
  breaks: "LIMIT-001.2",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/intake.ts",
      find: 'if (assembly.start.type === "data") throw tooLong();',
      replace: 'if (assembly.start.type === "data") return;',
    },
    {
      file: "packages/core/src/peer/intake.ts",
      find: "if (body === undefined) throw tooLong();",
      replace: "if (body === undefined) return;",
    },
  ],
  why: "drops items and progress that are too long",
});

mutant({
  id: "limit.waits-for-the-end",
  breaks: "LIMIT-001.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: 'if (assembly.start.type === "data") throw tooLong();',
  replace: 'if (assembly.start.type === "data") return;',
  why: "finds items and progress too long only when they end",
});

mutant({
  id: "limit.offers-without-end",
  breaks: "LIMIT-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "if (this.#offered.size > this.#limits.offeredTools) {",
  replace: "if (this.#offered.size > this.#limits.offeredTools * 10) {",
  why: "takes more tools than its limit",
});

mutant({
  id: "limit.meta-without-end",
  breaks: "LIMIT-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: ".length > limits.metaEntries) {",
  replace: ".length > limits.metaEntries * 10) {",
  why: "takes more meta than its limit",
});

mutant({
  id: "limit.pongs-without-end",
  breaks: "LIMIT-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/outbox.ts",
  find: "if (this.#pongs.length >= WAITING_PONGS) {",
  replace: "if (this.#pongs.length >= WAITING_PONGS * 1_000) {",
  why: "keeps any number of PONGs that are not read",
});

mutant({
  id: "limit.states-too-little",
  breaks: "LIMIT-005",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/stated.ts",
  find: "if (value >= least && value <= most) return;",
  replace: "if (value <= most) return;",
  why: "takes limits below their ranges",
});

mutant({
  id: "limit.states-too-much",
  breaks: "LIMIT-005",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/stated.ts",
  find: "if (value >= least && value <= most) return;",
  replace: "if (value >= least) return;",
  why: "takes limits above their ranges",
});

mutant({
  id: "limit.sends-any-length",
  breaks: "LIMIT-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "this.messageLimit = Math.min(options.peerLimits.message, options.peerLimits.assembling);",
  replace: "this.messageLimit = options.peerLimits.assembling;",
  why: "sends bodies longer than the peer takes",
});

mutant({
  id: "limit.forgets-what-was-given-up",
  breaks: "LIMIT-001.1",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/writer.ts",
      find: "    this.#resets = withThing(this.#resets, stream);\n",
      replace: "    this.#complete(stream);\n    this.#resets = withThing(this.#resets, stream);\n",
    },
    {
      file: "packages/core/src/peer/writer.ts",
      find: "const stream = this.#resets.take();",
      replace: "const stream = this.#ready.size > 0 ? undefined : this.#resets.take();",
    },
  ],
  why: "begins bodies in the room of one that was given up, and says RESET behind them",
});
