/**
 * Faults in credit, priorities and names that OPENs repeat.
 *
 * @module
 */
import { plant, type PlantedFault } from "./fault.ts";

const GRANTS = "flow/grants.ts";
const INCOMING = "flow/incoming-credit.ts";
const OUTGOING = "flow/outgoing-credit.ts";
const PEER = "peer/peer.ts";
const NAMES = "peer/interned.ts";

/** See the module's comment. */
export const flowFaults: readonly PlantedFault[] = [
  plant(
    "what arrives of arguments and results is granted again twice",
    2_000,
    GRANTS,
    "if (!stream.incoming.take(octets)) throw beyondStream();\n    if (!last",
    "if (!stream.incoming.take(octets)) throw beyondStream();\n    stream.incoming.take(octets);\n    if (!last",
  ),
  plant("items count as taken when they arrive", 2_000, INCOMING, "if (this.#keeps) this.#held += octets;", ""),
  plant(
    "what goes on with an item does not count for the channel",
    2_000,
    GRANTS,
    "this.#channel.take(octets);\n    stream.incoming.take(octets);",
    "stream.incoming.take(octets);",
  ),
  plant("credit is not given back when a reader leaves", 2_000, PEER, "this.#grants.release(stream);", ""),
  plant(
    "credit of items is lost with a stream that ends while they are unread",
    2_000,
    GRANTS,
    "  forget(stream: GrantedStream): void {\n    this.#letAllGo(stream);",
    "  forget(stream: GrantedStream): void {",
  ),
  plant(
    "a grant waits until all of a window is free",
    2_000,
    "flow/window.ts",
    "const step = (size - least) >> 1;",
    "const step = size;",
  ),
  plant("grants are not said again after a resume", 2_000, PEER, "this.#grants.restate(this.#calls.values());", ""),
  plant(
    "what was sent before a resume counts twice",
    2_000,
    PEER,
    "this.#grants.restate(this.#calls.values());",
    "for (const one of this.#calls.values()) one.outgoing.use(Math.max(0, one.outgoing.left));\n    this.#grants.restate(this.#calls.values());",
  ),
  plant(
    "a body begins with one octet more than the peer takes",
    2_000,
    "peer/writer.ts",
    ": Math.min(room, Math.max(0, left));",
    ": Math.min(room, Math.max(0, left + 1));",
  ),
  plant(
    "a body begins as soon as there is any credit",
    2_000,
    OUTGOING,
    "return octets <= left || left >= this.#window.begin || octets === 0;",
    "return octets <= left || left > 0 || octets === 0;",
  ),
  plant(
    "more of large bodies is sent than may be without an ACK",
    2_000,
    "delivery/delivery.ts",
    "const bulk = this.#kept.bulkOctets < bulkInFlight;",
    "const bulk = bulkInFlight > 0;",
  ),
  plant("ACK does not go with CREDIT", 2_000, "delivery/delivery.ts", "if (this.#untold > 0) this.#ackDue = true;", ""),
  plant(
    "whatever is interactive goes before all others",
    12_000,
    "peer/scheduler.ts",
    "lane.clock += Math.max(1, octets) * lane.stride;",
    "if (priority > 0) lane.clock += Math.max(1, octets) * lane.stride;",
  ),
  plant(
    "items of a call that was given up are sent all the same",
    2_000,
    PEER,
    "if (this.#writer.dropItems(stream) === 0) return;",
    "if (!stream.cutShort) return;",
  ),
  plant(
    "a call that was given up ends well although items of it are missing",
    4_000,
    PEER,
    "completed.ok && stream.cutShort && stream.givenUp !== undefined ? cutShort(stream.givenUp) : completed",
    "completed",
  ),
  {
    name: "the names of OPENs are forgotten with a connection",
    within: 2_000,
    changes: [
      {
        file: "packages/core/src/peer/peer.ts",
        find: "  readonly #names = new SentNames();",
        replace: "  #names = new SentNames();",
      },
      {
        file: "packages/core/src/peer/peer.ts",
        find: "this.#grants.restate(this.#calls.values());",
        replace: "this.#names = new SentNames();\n    this.#grants.restate(this.#calls.values());",
      },
    ],
  },
  plant(
    "an OPEN that is measured counts in the table of names",
    2_000,
    PEER,
    "openFrame(stream.id, request, chunk, more, now),",
    "this.#names.written(openFrame(stream.id, request, chunk, more, now)),",
  ),
  plant(
    "a name that gave its place in the table of names to another one is said by its number all the same",
    4_000,
    NAMES,
    "if (former !== undefined) this.#numbers.delete(former);",
    "",
  ),
  plant(
    "the table of names that were received begins anew one place too early",
    4_000,
    NAMES,
    "this.#slots[this.#next] = name;\n    this.#next = (this.#next + 1) % NAME_SLOTS;",
    "this.#slots[this.#next] = name;\n    this.#next = (this.#next + 1) % (NAME_SLOTS - 1);",
  ),
];
