/**
 * A journal that is in another thread.
 *
 * @module
 */

import type {
  Journal,
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
} from "@turnmux/core";
import type { Operation, Result } from "./messages.ts";

/** Who is asked. */
export interface JournalAsked {
  ask(operation: Operation): Promise<Result>;
  close(): Promise<void>;
}

/** See the module's comment. */
export class AskedJournal implements Journal {
  readonly name: string;
  readonly durable: boolean;
  readonly #asked: JournalAsked;

  constructor(name: string, durable: boolean, asked: JournalAsked) {
    this.name = name;
    this.durable = durable;
    this.#asked = asked;
  }

  async claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]> {
    const result = await this.#asked.ask({ kind: "claim", claims: claims.map(copyOfClaim) });
    return result.kind === "claim" ? result.verdicts : wrong();
  }

  async settle(settlements: readonly JournalSettlement[]): Promise<void> {
    await this.#asked.ask({ kind: "settle", settlements: settlements.map(copyOfSettlement) });
  }

  async find(queries: readonly JournalQuery[]): Promise<readonly (JournalRecord | undefined)[]> {
    const result = await this.#asked.ask({ kind: "find", queries: queries.map(copyOfQuery) });
    return result.kind === "find" ? result.records : wrong();
  }

  close(): Promise<void> {
    return this.#asked.close();
  }
}

function wrong(): never {
  throw new Error("The journal's thread answered another question.");
}

// Copies of what the interface names, and no more: what is sent to a thread has to be plain data.

function copyOfClaim(claim: JournalClaim): JournalClaim {
  const { principal, key, tool, fingerprint, callId, owner, epoch, atMs, takes, takeOverEpoch } = claim;
  return { principal, key, tool, fingerprint, callId, owner, epoch, atMs, takes, takeOverEpoch };
}

/** With octets of its own: those of the caller may be a small part of a large buffer, or change under its hands. */
function copyOfSettlement({ principal, key, owner, epoch, atMs, ending }: JournalSettlement): JournalSettlement {
  const { code, message, outcome, retryable, body } = ending;
  const copy = { content: body.content, octets: new Uint8Array(body.octets) };
  return { principal, key, owner, epoch, atMs, ending: { code, message, outcome, retryable, body: copy } };
}

function copyOfQuery(query: JournalQuery): JournalQuery {
  const { principal } = query;
  return "key" in query ? { principal, key: query.key } : { principal, callId: query.callId };
}
