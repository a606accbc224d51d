/**
 * Mutants of flow.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "flow.sends-items-as-octets",
  breaks: "FLOW-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: 'return body.kind === "item" ? ITEM_OCTETS : 0;',
  replace: "return 0;",
  why: "does not count 64 for each item that it sends",
});

mutant({
  id: "flow.takes-items-as-octets",
  breaks: "FLOW-001.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "const counted = ITEM_OCTETS + octets;",
  replace: "const counted = octets;",
  why: "does not count 64 for each item that it receives",
});

mutant({
  id: "flow.sends-all-at-once",
  breaks: "FLOW-001.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: 'if (body.kind !== "item") stream.outgoing.use(chunk.length);',
  replace: "",
  why: "sends results and arguments whatever its credit",
});

mutant({
  id: "flow.results-need-the-channel",
  breaks: "FLOW-002.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: 'if (body.kind !== "item" || this.#channel.covers(cost)) return true;',
  replace: "if (this.#channel.covers(cost)) return true;",
  why: "has results wait for the channel's credit",
});

mutant({
  id: "flow.items-beyond-the-channel",
  breaks: "FLOW-002.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: 'if (body.kind !== "item" || this.#channel.covers(cost)) return true;',
  replace: 'if (body.kind !== "item" || this.#channel.covers(0)) return true;',
  why: "begins items whatever the channel's credit",
});

mutant({
  id: "flow.takes-beyond-stream",
  breaks: "FLOW-003.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "if (!stream.incoming.take(counted)) throw beyondStream();",
  replace: "stream.incoming.take(counted);",
  why: "takes items beyond the credit of their stream",
});

mutant({
  id: "flow.takes-beyond-channel",
  breaks: "FLOW-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "if (!covered) {",
  replace: "if (!covered && octets > 1_000_000) {",
  why: "takes items beyond the channel's credit",
});

mutant({
  id: "flow.takes-items-without-end",
  breaks: "FLOW-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "if (this.#channel.left < -this.#message) {",
  replace: "if (this.#channel.left < -this.#message * 1_000) {",
  why: "takes what items go on with, however far beyond the channel's credit",
});

mutant({
  id: "flow.credit-may-go-back",
  breaks: "FLOW-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (more >= 0) return;",
  replace: "if (more >= -1_000_000_000) return;",
  why: "takes CREDIT with a limit below the one before",
});

mutant({
  id: "flow.credit-for-anything",
  breaks: "FLOW-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (id <= (isOwn ? this.#nextStream - 2 : this.#intake.lastSeen)) {",
  replace: "if (id <= 1_000_000) {",
  why: "takes CREDIT for streams that were never opened",
});

mutant({
  id: "flow.no-credit-for-the-dead",
  breaks: "FLOW-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (id <= (isOwn ? this.#nextStream - 2 : this.#intake.lastSeen)) {",
  replace: "if (id < 0) {",
  why: "ends the session at CREDIT for a stream that is over",
});

mutant({
  id: "flow.arguments-wait",
  breaks: "FLOW-005.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "if (!last && stream.incoming.worthwhile) this.#announce(stream);",
  replace: "",
  why: "gives nothing back for arguments, progress and results",
});

mutant({
  id: "flow.gives-back-unread",
  breaks: "FLOW-005.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "if (stream.incoming.hold(octets)) {",
  replace: "if (octets < 0 && stream.incoming.hold(octets)) {",
  why: "gives items back when they arrive",
});

mutant({
  id: "flow.given-up-holds",
  breaks: "FLOW-005.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "    // What is unread must not keep END from coming, which tells the truth.\n    this.#grants.release(stream);\n",
  replace: "",
  why: "keeps the credit of items of a call that was given up",
});

mutant({
  id: "flow.ended-holds",
  breaks: "FLOW-005.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "  forget(stream: GrantedStream): void {\n    this.#letAllGo(stream);\n",
  replace: "  forget(stream: GrantedStream): void {\n",
  why: "keeps the credit of items of a call that is over",
});

mutant({
  id: "flow.late-step",
  breaks: "FLOW-006",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/window.ts",
  find: "const step = (size - least) >> 1;",
  replace: "const step = size - least;",
  why: "grants no more before nearly all of a window came free",
});

mutant({
  id: "flow.grants-without-an-ack",
  breaks: "FLOW-006.should.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "as well.\n      if (this.#untold > 0) this.#ackDue = true;\n",
  replace: "as well.\n",
  why: "sends no ACK with a CREDIT",
});

mutant({
  id: "flow.grants-are-lost",
  breaks: "FLOW-007",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/grants.ts",
  find: "if (!stream.hears || !stream.incoming.raised) continue;",
  replace: "if (stream.hears || !stream.incoming.raised) continue;",
  why: "does not say again what it has granted to streams",
});

mutant({
  id: "flow.begins-with-anything",
  breaks: "FLOW-008",
  roles: ["gateway", "client"],
  file: "packages/core/src/flow/outgoing-credit.ts",
  find: "return octets <= left || left >= this.#window.begin || octets === 0;",
  replace: "return left > 0 || octets === 0;",
  why: "begins a body with any credit at hand",
});

mutant({
  id: "flow.never-crowded",
  breaks: "FLOW-010",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "return this.#writer.unsent > this.#limits.unsent;",
  replace: "return this.#writer.unsent > this.#limits.unsent * 1_000;",
  why: "takes calls however much waits to be written",
});

mutant({
  id: "flow.strict-priority",
  breaks: "FLOW-011",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/scheduler.ts",
  find: "(next === undefined || lane.clock < next.clock)",
  replace: "next === undefined",
  why: "writes nothing of a lower priority while there is something of a higher one",
});

mutant({
  id: "flow.holds-anything",
  breaks: "FLOW-012.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "this.#argumentOctets + octets <= most)",
  replace: "this.#argumentOctets + octets <= most * 1_000)",
  why: "holds arguments without a limit",
});

mutant({
  id: "flow.meta-is-free",
  breaks: "FLOW-012.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "bodyLength(body) + metaOctets(meta)",
  replace: "bodyLength(body)",
  why: "does not count the meta that it holds",
});

mutant({
  id: "flow.refuses-the-only-one",
  breaks: "FLOW-012.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "if (octets === 0 || this.#argumentOctets === 0 || this.#argumentOctets + octets",
  replace: "if (octets === 0 || this.#argumentOctets + octets",
  why: "refuses arguments beyond the limit where none are held",
});
