/**
 * What the main thread and the I/O thread say to each other. Plain data.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import type { MessagePort } from "node:worker_threads";
import type {
  AcceptInfo,
  Aftermath,
  CallEnd,
  CallNumber,
  CallTrace,
  ChannelEnd,
  Code,
  JournalClaim,
  Limits,
  Logger,
  OfferEntry,
  OnceVerdict,
  OpenRequest,
  Outcome,
  OwnerLife,
  PortEvent,
  RunContext,
  SessionIdentity,
  Settled,
  ToolDefinition,
} from "@turnmux/core";
import type { LaneQuestion, LaneReply } from "../lanes/remote.ts";
import type { WorkersOptions } from "../worker-tools/options.ts";
import type { WorkerToolFacts } from "../worker-tools/pool.ts";
import type { ListenData } from "./listen-data.ts";
import type { ResultMessage, RunMessage } from "./packed.ts";

/** Names a run on both sides. */
export type RunNumber = number;

/** Names a tool on both sides, for as long as it is implemented. */
export type ToolNumber = number;

/** What of a tool is data. */
export interface ToolData {
  readonly id: ToolNumber;
  readonly name: string;
  /** Its contract without schemas. */
  readonly definition: Omit<ToolDefinition, "input" | "output" | "item" | "progress">;
  /** Which schemas it has beside that of its input. */
  readonly parts: readonly ("output" | "item" | "progress")[];
  readonly timeoutMs: number | undefined;
  readonly maxTimeoutMs: number | undefined;
  readonly maxConcurrent: number | undefined;
  readonly offer: OfferEntry;
  /** Of one that a pool of this thread's runs, without the main thread. */
  readonly worker: WorkerToolFacts | undefined;
}

/** A call that a handler is to be run for. */
export interface RunData {
  readonly run: RunNumber;
  /** Its word in shared memory: see {@link RunWords}. */
  readonly word: number;
  readonly tool: ToolNumber;
  readonly sessionId: string;
  readonly context: RunContext;
  /** As it came. */
  readonly input: unknown;
  /** Of a run under a key. */
  readonly claimed: ClaimedData | undefined;
}

/** How a key is claimed that a run is under. */
export interface ClaimedData {
  readonly fingerprint: string;
  /** Under which the journal has it. */
  readonly epoch: number;
  /** See `repeats` of the core's executions. */
  readonly repeats: boolean;
}

/** A run under a key that a thread has left behind. */
export interface LeftRun {
  readonly run: RunNumber;
  /** Whose it is: it may be gone by now, or another one in its place. */
  readonly tool: ToolData;
  readonly principal: string;
  readonly key: string;
  readonly callId: string;
  readonly claimed: ClaimedData;
  /** How it ended, where it is over, or was never begun. */
  readonly settled: Settled | undefined;
}

/** Why a run is aborted. */
export interface AbortData {
  readonly code: Code;
  readonly message: string;
  readonly outcome: Outcome;
}

/** What of an error crosses. */
export interface ErrorData {
  readonly message: string;
  /** Node's, such as `"EADDRINUSE"`. */
  readonly code: string | undefined;
}

/** A call of the gateway to a client. */
export interface OpenData extends Omit<OpenRequest, "body" | "deadline"> {
  /** On the clock that both threads have: see {@link sharedTime}. */
  readonly deadlineAt: number | undefined;
  readonly input: unknown;
}

/** A key that the other thread may hold: asked for, and what became of it. */
export type KeyMessage =
  | {
      readonly kind: "join";
      readonly join: number;
      readonly claim: JournalClaim;
      /** False where only what is known now is asked for. */
      readonly waits: boolean;
    }
  | { readonly kind: "leaveJoined"; readonly join: number; readonly reason: AbortData }
  | { readonly kind: "joinedAccept"; readonly join: number; readonly accept: AcceptInfo }
  | { readonly kind: "joinedProgress"; readonly join: number; readonly value: unknown }
  | { readonly kind: "joinedEnd"; readonly join: number; readonly verdict: OnceVerdict | undefined };

/** A call that the I/O thread runs without the main thread, for those who trace calls. */
export type TraceMessage =
  | { readonly kind: "traceBegan"; readonly id: number; readonly trace: CallTrace }
  | { readonly kind: "traceEnded"; readonly id: number; readonly end: CallEnd };

/** The tools of all sessions, or those that one session has of its own. */
export interface ToolsMessage {
  readonly kind: "tools";
  readonly sessionId: string | undefined;
  readonly added: readonly ToolData[];
  readonly removed: readonly ToolNumber[];
}

/** From the main thread. */
export type ToThread =
  | ToolsMessage
  | { readonly kind: "listen"; readonly endpoint: number; readonly options: ListenData }
  | { readonly kind: "closeEndpoint"; readonly endpoint: number; readonly message: string | undefined }
  | { readonly kind: "drain"; readonly message: string; readonly retryAfterMs: number | undefined }
  | { readonly kind: "close"; readonly message: string }
  /** Something is waited for: the thread is to say something, which is `probed`. */
  | { readonly kind: "probe" }
  /** Nothing is left to do. */
  | { readonly kind: "exit" }
  /** Whoever wants to know of the session has heard of it: tools and scopes that it was given then were told before. */
  | { readonly kind: "introduced"; readonly sessionId: string }
  | { readonly kind: "scopes"; readonly sessionId: string; readonly scopes: readonly string[] }
  | {
      readonly kind: "endSession";
      readonly sessionId: string;
      readonly how: "close" | "revoke";
      readonly message: string;
    }
  | { readonly kind: "open"; readonly sessionId: string; readonly call: CallNumber; readonly request: OpenData }
  | {
      readonly kind: "reset";
      readonly sessionId: string;
      readonly call: CallNumber;
      readonly code: "cancelled" | "deadline_exceeded";
    }
  | { readonly kind: "consumed"; readonly sessionId: string; readonly call: CallNumber; readonly octets: number }
  /** Somebody has to know now whether the peer lives: what it says of its event loop from here on is to be told. */
  | { readonly kind: "ask"; readonly sessionId: string }
  /** So many messages were read, and wait in no queue any more; so many of them were runs. */
  | { readonly kind: "taken"; readonly messages: number; readonly runs: number }
  /** A run that was withdrawn was found to be so. */
  | { readonly kind: "dropped"; readonly run: RunNumber }
  | { readonly kind: "accept"; readonly run: RunNumber; readonly accept: AcceptInfo }
  | { readonly kind: "progress"; readonly run: RunNumber; readonly value: unknown }
  | { readonly kind: "item"; readonly run: RunNumber; readonly item: number; readonly value: unknown }
  | {
      readonly kind: "settled";
      readonly run: RunNumber;
      readonly settled: Settled;
      /** True for one that was not begun because of the session that called: others that have joined it may. */
      readonly bySession?: boolean;
    }
  | ResultMessage
  | { readonly kind: "aftermath"; readonly ask: number; readonly found: Aftermath }
  | LaneReply
  | KeyMessage;

/** From the I/O thread. */
export type ToMain =
  | { readonly kind: "listening"; readonly endpoint: number; readonly address: AddressInfo | string | null }
  | { readonly kind: "listenFailed"; readonly endpoint: number; readonly error: ErrorData }
  | { readonly kind: "endpointClosed"; readonly endpoint: number }
  | { readonly kind: "probed" }
  | { readonly kind: "session"; readonly endpoint: number; readonly identity: SessionIdentity }
  | { readonly kind: "suspended"; readonly sessionId: string; readonly end: ChannelEnd }
  | { readonly kind: "resumed"; readonly identity: SessionIdentity }
  | { readonly kind: "sessionClosed"; readonly sessionId: string; readonly end: ChannelEnd }
  | { readonly kind: "event"; readonly sessionId: string; readonly event: PortEvent }
  /** What the peer has said of its event loop last, and when, on the clock that both threads have. */
  | {
      readonly kind: "lateness";
      readonly sessionId: string;
      readonly lagMs: number | undefined;
      readonly heardAt: number;
    }
  /** How many calls of the peer are not over. */
  | { readonly kind: "running"; readonly sessionId: string; readonly count: number }
  | RunMessage
  | { readonly kind: "abort"; readonly run: RunNumber; readonly reason: AbortData }
  /** There is room for another item in this one's place. */
  | { readonly kind: "room"; readonly run: RunNumber; readonly item: number }
  | { readonly kind: "itemRefused"; readonly run: RunNumber; readonly item: number; readonly message: string }
  /** The journal has the ending of a run. `refused`: it has not taken it so far, and is asked again. */
  | { readonly kind: "recorded"; readonly run: RunNumber; readonly refused: boolean }
  | {
      readonly kind: "askAftermath";
      readonly ask: number;
      readonly tool: ToolNumber;
      readonly call: {
        readonly key: string;
        readonly principal: string;
        readonly callId: string;
        readonly input: unknown;
      };
    }
  | { readonly kind: "leaveAftermath"; readonly ask: number }
  /** Tools that are not asked for any more. */
  | { readonly kind: "forgotten"; readonly tools: readonly ToolNumber[] }
  | { readonly kind: "words"; readonly page: SharedArrayBuffer }
  /** Keys whose runs are not recorded. Told once more while the gateway drains, when the last handler has ended. */
  | { readonly kind: "held"; readonly keys: number }
  | { readonly kind: "unauthenticated"; readonly endpoint: number; readonly count: number }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly message: string;
      readonly requirement: string | undefined;
      /** So many handshakes, for this reason. */
      readonly times: number;
    }
  | {
      readonly kind: "log";
      readonly level: keyof Logger;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
    }
  /** The journal has made so many operations durable at once. */
  | { readonly kind: "committed"; readonly operations: number }
  | TraceMessage
  | LaneQuestion
  | KeyMessage;

/** What the I/O thread starts with. */
export interface IoThreadStart {
  readonly port: MessagePort;
  readonly limits: Limits;
  readonly workers: WorkersOptions | undefined;
  /** Absent where the gateway has no journal. Its port is absent where it is closed by now, or its thread has ended. */
  readonly journal:
    | { readonly name: string; readonly durable: boolean; readonly port: MessagePort | undefined }
    | undefined;
  /** Its name in the journal: the same for each successor. */
  readonly owner: string;
  readonly life: OwnerLife;
  /** See {@link LagStamp}. */
  readonly lag: BigInt64Array<SharedArrayBuffer>;
  /** See {@link SharedOutcomes}. */
  readonly outcomes: BigInt64Array<SharedArrayBuffer>;
  /** See {@link Watched}. */
  readonly watched: Int32Array<SharedArrayBuffer>;
  /** See {@link publishWorkers} and {@link publishHandlers}. */
  readonly workersSeen: Int32Array<SharedArrayBuffer>;
  readonly tools: readonly ToolsMessage[];
  /** The highest number of a run that its predecessors have used. */
  readonly lastRun: RunNumber;
  /** What its predecessor has left behind. */
  readonly left: readonly LeftRun[];
}
