/**
 * Mutants of delivery.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "delivery.offers-are-not-counted",
  breaks: "DELIV-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "      this.#received += 1;\n",
  replace: '      if (frame.type !== "offer") this.#received += 1;\n',
  why: "does not count OFFER that arrives",
});

mutant({
  id: "delivery.resets-are-not-counted",
  breaks: "DELIV-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "      this.#received += 1;\n",
  replace: '      if (frame.type !== "reset") this.#received += 1;\n',
  why: "does not count RESET that arrives",
});

mutant({
  id: "delivery.credit-is-counted",
  breaks: "DELIV-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: '    if (frame.type === "credit") {\n',
  replace: '    if (frame.type === "credit") {\n      this.#received += 1;\n',
  why: "counts CREDIT that arrives",
});

mutant({
  id: "delivery.sent-resets-are-not-counted",
  breaks: "DELIV-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    this.#kept.add(reset, now);\n",
  replace: "",
  why: "does not count RESET that it sends",
});

mutant({
  id: "delivery.counts-for-a-channel",
  breaks: "DELIV-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    this.#again = this.#kept.size === 0 ? undefined : 0;\n    // The handshake tells the peer.\n",
  replace:
    "    this.#again = this.#kept.size === 0 ? undefined : 0;\n    this.#received = 0;\n    // The handshake tells the peer.\n",
  why: "begins to count anew with each channel",
});

mutant({
  id: "delivery.counts-what-waits",
  breaks: "DELIV-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    if (count < 0 || count > (this.#again ?? this.#kept.size)) return false;\n",
  replace: "    if (count < 0 || count > (this.#again ?? this.#kept.size) + 1) return false;\n",
  why: "counts a frame that it has not handed over",
});

mutant({
  id: "delivery.acknowledges-one-less",
  breaks: "DELIV-003.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: '    return { type: "ack", received: this.#received };\n',
  replace: '    return { type: "ack", received: Math.max(0, this.#received - 1) };\n',
  why: "acknowledges one frame less than has arrived",
});

mutant({
  id: "delivery.quarter-waits",
  breaks: "DELIV-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "Math.min(ACK_OCTETS, Math.max(1, Math.floor(options.peerReplay / QUARTER)))",
  replace: "ACK_OCTETS",
  why: "does not look at how much the peer keeps",
});

mutant({
  id: "delivery.much-waits",
  breaks: "DELIV-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "Math.min(ACK_OCTETS, Math.max(1, Math.floor(options.peerReplay / QUARTER)))",
  replace: "Math.max(1, Math.floor(options.peerReplay / QUARTER))",
  why: "acknowledges at once only at a quarter of what the peer keeps",
});

mutant({
  id: "delivery.at-once-is-later",
  breaks: "DELIV-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "      if (this.#prompt || this.#untold >= this.#ackOctets) this.#ackDue = true;\n      else if",
  replace: "      if (this.#prompt) this.#ackDue = true;\n      else if",
  why: "acknowledges nothing at once",
});

mutant({
  id: "delivery.parts-wait",
  breaks: "DELIV-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    if (bulk || this.#untold >= FEW_OCTETS) this.#ackAt",
  replace: "    if (this.#untold >= FEW_OCTETS) this.#ackAt",
  why: "lets a part of a body wait for 2 s",
});

mutant({
  id: "delivery.four-kib-wait",
  breaks: "DELIV-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    if (bulk || this.#untold >= FEW_OCTETS) this.#ackAt",
  replace: "    if (bulk) this.#ackAt",
  why: "lets 4 KiB wait for 2 s",
});

mutant({
  id: "delivery.few-octets-wait-long",
  breaks: "DELIV-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "this.#limits.ackDelayMs * (ACK_PATIENCE - 1)",
  replace: "this.#limits.ackDelayMs * (ACK_PATIENCE + 12)",
  why: "acknowledges small frames after 5 s",
});

mutant({
  id: "delivery.ack-goes-alone",
  breaks: "DELIV-003.should",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    if (this.#ackAlongAt !== undefined && now >= this.#ackAlongAt) this.#ackDue = true;\n",
  replace: "",
  why: "sends no ACK along with what leaves",
});

mutant({
  id: "delivery.sends-nothing-again",
  breaks: "DELIV-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    this.#again = this.#kept.size === 0 ? undefined : 0;\n",
  replace: "    this.#again = undefined;\n",
  why: "sends nothing again",
});

mutant({
  id: "delivery.drops-all-at-an-ack",
  breaks: "DELIV-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    this.#kept.drop(count);\n    this.#acknowledged = received;\n",
  replace: "    if (count > 0) this.#acknowledged += this.#kept.size;\n    if (count > 0) this.#kept.clear();\n",
  why: "forgets all that it has sent when a part of it is acknowledged",
});

mutant({
  id: "delivery.writes-beyond-replay",
  breaks: "DELIV-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "this.#kept.octets < replay, bulk",
  replace: "this.#kept.octets < 2 * replay, bulk",
  why: "writes all frames until it keeps twice its limit",
});

mutant({
  id: "delivery.writes-beyond-twice-replay",
  breaks: "DELIV-004.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    return this.#kept.octets >= this.#limits.replay * HARD_LIMIT;\n",
  replace: "    return false;\n",
  why: "writes ends however much it keeps",
});

mutant({
  id: "delivery.takes-any-ack",
  breaks: "DELIV-005",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    if (count < 0 || count > (this.#again ?? this.#kept.size)) return false;\n",
  replace: "    if (count < 0) return false;\n",
  why: "takes an ACK of more than was sent",
});

mutant({
  id: "delivery.takes-an-ack-that-goes-back",
  breaks: "DELIV-005",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    if (count < 0 || count > (this.#again ?? this.#kept.size)) return false;\n",
  replace: "    if (count < 0) return true;\n    if (count > (this.#again ?? this.#kept.size)) return false;\n",
  why: "takes an ACK that goes back",
});

mutant({
  id: "delivery.sends-again-backwards",
  breaks: "DELIV-006.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    const frame = this.#kept.again(this.#again, now);\n",
  replace: "    const frame = this.#kept.again(this.#kept.size - 1 - this.#again, now);\n",
  why: "sends again in another order",
});

mutant({
  id: "delivery.sends-again-without-final",
  breaks: "DELIV-006.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "    const frame = this.#kept.again(this.#again, now);\n",
  replace:
    '    const kept = this.#kept.again(this.#again, now);\n    const frame = kept?.type === "end" ? { ...kept, message: "again" } : kept;\n',
  why: "sends END again with another message",
});

mutant({
  id: "delivery.new-frames-first",
  breaks: "DELIV-006.2",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/delivery/delivery.ts",
      find: "    const again = this.#nextAgain(now);\n    if (again !== undefined) return again;\n",
      replace: "",
    },
    {
      file: "packages/core/src/delivery/delivery.ts",
      find: "    else if (this.#kept.size === 0) this.#owner?.delivered();\n    return frame;\n",
      replace:
        "    else if (this.#kept.size === 0) this.#owner?.delivered();\n    return frame ?? this.#nextAgain(now);\n",
    },
  ],
  why: "writes new frames before those that it sends again",
});

mutant({
  id: "delivery.deadline-as-it-was",
  breaks: "DELIV-007",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/kept.ts",
  find: "    return { ...frame, deadlineMs: wholeMs(Math.max(0, deadline - now)) };\n",
  replace: "    return frame;\n",
  why: "sends OPEN again with the deadline that it had",
});

mutant({
  id: "delivery.deadline-never-over",
  breaks: "DELIV-007",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/kept.ts",
  find: "wholeMs(Math.max(0, deadline - now))",
  replace: "wholeMs(Math.max(1, deadline - now))",
  why: "sends OPEN again with time left, though it is over",
});
