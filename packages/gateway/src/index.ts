/**
 * turnmux for the gateway: tools for the clients of a server that exists already, and calls to them.
 *
 * @module
 */

// For authors of gateways.
export { createGateway, type Gateway } from "./gateway.ts";
export {
  workerTool,
  type SeesCancellation,
  type WorkerHandler,
  type WorkerTool,
  type WorkerToolDescription,
  type WorkerToolOptions,
} from "./worker-tools/worker-tool.ts";
export type { WorkersOptions } from "./worker-tools/options.ts";
export type { WorkerStats } from "./worker-tools/stats.ts";
export type { DrainOptions, DrainReport, GatewayOptions } from "./options.ts";
export type { Attachment, AttachOptions, HostGrant } from "./session/attachment.ts";
export type { AuthModule, Endpoint, ListenOptions, TlsOptions } from "./endpoint/options.ts";
export { RunningTurn, type RunTurnOptions } from "./lanes/run-turn.ts";
export type { OpenSessionOptions } from "./session/local.ts";
export { InProcessSession } from "./session/in-process-session.ts";
export type { TurnToShare } from "./session/share-turn.ts";
export { GatewaySession } from "./session/gateway-session.ts";
export { GatewayEvent, type GatewayEventMap, type GatewayListener } from "./events.ts";
export type { EventLoopDelays } from "./observe/delays.ts";
export type { CallsByOutcome, GatewayStats } from "./observe/stats.ts";
export type { CallTraceMessage } from "./observe/diagnostics.ts";

// Where calls of `once` tools are recorded.
export { sqliteJournal, type SqliteJournalOptions } from "./journal/sqlite.ts";

// Who may connect.
export { tokenAuth, type TokenEntry, type TokenOptions } from "./auth/token.ts";
export {
  deviceKeyId,
  ed25519Auth,
  type DeviceEntry,
  type DevicePublicKey,
  type Ed25519Options,
  type JsonWebKeyLike,
} from "./auth/ed25519.ts";
export type { Grant, ProofMethod, ProofRequest } from "./auth/proof-method.ts";
export type { KeyLookup } from "./auth/keyring.ts";
export type { AllowedOrigins } from "./auth/origin.ts";

// Contracts, errors and sessions, as the client has them, too.
export {
  Codes,
  DEFAULT_LIMITS,
  defineTools,
  flattenTools,
  memoryJournal,
  modelName,
  Session,
  SessionEvent,
  tool,
  ToolError,
  Turn,
  TurnmuxError,
  UsageError,
  type Acceptance,
  type AcceptState,
  type AfterCrash,
  type BeginTurnOptions,
  type BegunTurn,
  type BaseCallOptions,
  type BaseToolCall,
  type CallEnd,
  type CallInFlight,
  type CallOptions,
  type CallOutcome,
  type CallState,
  type CallTrace,
  type ChannelEnd,
  type Code,
  type CodeInfo,
  type Effect,
  type EndCause,
  type InterceptedCall,
  type Interceptor,
  type ItemCall,
  type Journal,
  type JournalClaim,
  type JournalQuery,
  type JournalRecord,
  type JournalSettlement,
  type JournalVerdict,
  type JsonSchema,
  type Limits,
  type Logger,
  type MemoryJournal,
  type MemoryJournalOptions,
  type Occurrence,
  type OfferEntry,
  type OnceHandler,
  type Outcome,
  type OutcomeRequest,
  type Priority,
  type ReconcileCall,
  type Reconciled,
  type RecordedEnding,
  type Schema,
  type SchemaInput,
  type SchemaOutput,
  type SessionEnd,
  type SessionEventMap,
  type SessionListener,
  type SessionState,
  type Share,
  type ShareLimits,
  type ShareOptions,
  type ToolCall,
  type ToolClient,
  type ToolContract,
  type ToolDefinition,
  type ToolDescription,
  type ToolErrorOptions,
  type ToolHandlers,
  type ToolLane,
  type ToolNodes,
  type ToolOverrides,
  type ToolTree,
  type TurnmuxErrorJson,
  type TurnmuxErrorOptions,
  type TurnOptions,
  type Value,
  type WhenSessionEnds,
} from "@turnmux/core";

// For hosts whose sockets are of another kind.
export {
  webSocketCarrier,
  wsCarrier,
  type Carrier,
  type CarrierListener,
  type CarrierLoss,
  type CarrierMessage,
  type SocketCarrierOptions,
  type WebSocketEventLike,
  type WebSocketLike,
  type WrappedMessage,
  type WsLike,
  type WsSendOptions,
} from "@turnmux/core";
