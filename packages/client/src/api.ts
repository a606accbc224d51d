/**
 * What Node's entry and the browser's have in common.
 *
 * @module
 */

// Sessions and their calls.
export type { ClientSession } from "./client-session.ts";
export type { AttachedSession } from "./attached-session.ts";
export {
  BegunTurn,
  Session,
  SessionEvent,
  Turn,
  type Acceptance,
  type AcceptState,
  type BaseCallOptions,
  type BeginTurnOptions,
  type CallInFlight,
  type CallOptions,
  type CallOutcome,
  type CallState,
  type ChannelEnd,
  type EndCause,
  type ItemCall,
  type OfferEntry,
  type OutcomeRequest,
  type PeerHealth,
  type PeerState,
  type Priority,
  type SessionEnd,
  type SessionEventMap,
  type SessionListener,
  type SessionState,
  type Share,
  type ShareLimits,
  type ShareOptions,
  type ToolClient,
  type ToolDescription,
  type TurnOptions,
  type Value,
} from "@turnmux/core";

// Contracts, and tools that the client implements.
export {
  defineTools,
  flattenTools,
  memoryJournal,
  modelName,
  tool,
  ToolError,
  type AfterCrash,
  type BaseToolCall,
  type Effect,
  type Journal,
  type JsonSchema,
  type MemoryJournal,
  type MemoryJournalOptions,
  type OnceHandler,
  type ReconcileCall,
  type Reconciled,
  type Schema,
  type SchemaInput,
  type SchemaOutput,
  type ToolCall,
  type ToolContract,
  type ToolDefinition,
  type ToolErrorOptions,
  type ToolHandlers,
  type ToolLane,
  type ToolNodes,
  type ToolTree,
  type WhenSessionEnds,
} from "@turnmux/core";

// Errors.
export {
  Codes,
  TurnmuxError,
  UsageError,
  type Code,
  type CodeInfo,
  type Outcome,
  type TurnmuxErrorJson,
  type TurnmuxErrorOptions,
} from "@turnmux/core";

// Proof.
export type { ClientAuth } from "./auth/client-auth.ts";
export { deviceKey, generateDeviceKey, type DeviceKey, type DeviceKeySource } from "./auth/device-key.ts";
export { sharedToken } from "./auth/shared-token.ts";

// Options.
export type { ClientPart } from "./parts.ts";
export type { BackoffOptions } from "./connection/backoff.ts";
export type {
  AttachOptions,
  ClientSocket,
  ConnectOptions,
  ReconnectOptions,
  SharedOptions,
  WebSocketFactory,
} from "./options.ts";
export { DEFAULT_LIMITS, type InterceptedCall, type Interceptor, type Limits, type Logger } from "@turnmux/core";

// Carriers, for hosts that are handed messages rather than sockets.
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
