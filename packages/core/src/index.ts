/**
 * The turnmux protocol, without I/O and clock.
 *
 * @module
 */

// For users of the gateway and the client, which pass these on.
export {
  tool,
  type AfterCrash,
  type ToolContract,
  type ToolDefinition,
  type ToolLane,
  type WhenSessionEnds,
} from "./contract/tool.ts";
export { defineTools, flattenTools, isToolTree, type ToolNodes, type ToolTree } from "./contract/tree.ts";
export type { OnceHandler, ToolClient, ToolHandler, ToolHandlers } from "./contract/infer.ts";
export type { Acceptance, BaseCallOptions, CallOptions, ItemCall } from "./contract/call-options.ts";
export type { BaseToolCall, Logger, ReconcileCall, Reconciled, ToolCall } from "./contract/tool-call.ts";
export type { CallInFlight, CallOutcome, CallState, OutcomeRequest } from "./contract/outcome.ts";
export type { ToolDescription } from "./contract/describe.ts";
export { modelName } from "./contract/names.ts";
export type { JsonSchema, Schema, SchemaInput, SchemaOutput } from "./contract/schema.ts";
export { Codes, type Code, type CodeInfo } from "./errors/codes.ts";
export type { AcceptState, Effect, Priority } from "./errors/effect.ts";
export type { Outcome } from "./errors/outcome.ts";
export { ToolError, type ToolErrorOptions } from "./errors/tool-error.ts";
export { TurnmuxError, type TurnmuxErrorJson, type TurnmuxErrorOptions } from "./errors/turnmux-error.ts";
export { UsageError } from "./errors/usage.ts";
export { Session } from "./session/session.ts";
export type { SessionIdentity } from "./session/session-control.ts";
export { BegunTurn, type BeginTurnOptions } from "./session/begun-turn.ts";
export { Turn, type TurnOptions } from "./session/turn.ts";
export {
  SessionEvent,
  type SessionEnd,
  type SessionEventMap,
  type SessionListener,
  type SessionState,
} from "./session/events.ts";
export type { InterceptedCall, Interceptor } from "./session/interceptor.ts";
export { memoryJournal, type MemoryJournal, type MemoryJournalOptions } from "./journal/memory.ts";
export type { Value } from "./content/value.ts";
export { DEFAULT_LIMITS, resolveLimits, type Limits } from "./limits.ts";

// For authors of carriers, journals, and hosts.
export type { Carrier, CarrierListener, CarrierLoss, CarrierMessage, WrappedMessage } from "./carrier/carrier.ts";
export type { SocketCarrierOptions } from "./carrier/socket.ts";
export { wsCarrier, type WsLike, type WsSendOptions } from "./carrier/ws.ts";
export { webSocketCarrier, type WebSocketEventLike, type WebSocketLike } from "./carrier/web-socket.ts";
export type {
  Journal,
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
  RecordedEnding,
} from "./journal/journal.ts";
export { ALL_CARRIAGES, carriageNamed, textCarriage, wrappedCarriage, type Carriage } from "./wire/carriage.ts";
export type { ChannelEnd, EndCause } from "./channel/events.ts";
export type { PeerHealth, PeerState } from "./channel/heartbeat.ts";
export type { OfferEntry } from "./wire/frame.ts";

// For the gateway, the client, and other owners of sessions.
export { Acceptor } from "./session/acceptor.ts";
export type { AcceptorOptions, Admission, Grant, ProofRequest } from "./session/admission.ts";
export { ResumableSessions, type ResumableSessionsOptions } from "./session/resumable-sessions.ts";
export { Resumption, type ResumptionOptions } from "./session/resumption.ts";
export { Dialer, type DialerOptions, type Prover } from "./session/dialer.ts";
export { connectLocally, type LocalSession } from "./session/local-session.ts";
export type { SessionControl, SessionOptions } from "./session/session-control.ts";
export { LateTools } from "./session/late-tools.ts";
export { toolServer, type ToolServerOptions } from "./session/tool-server.ts";
export type { TakesCalls } from "./session/incoming-calls.ts";
export {
  ToolRegistry,
  type AnyHandler,
  type RegistryOptions,
  type StandIn,
  type ToolOverrides,
} from "./session/registry.ts";
export { issueDetails, validate, type Checked, type Issue } from "./contract/validate.ts";
export { ForbiddenPart, lateStart, type HandlerCall, type LateStart } from "./session/handler-call.ts";
export { LANE_FULL, LaneBook, type LaneBookOptions } from "./lanes/book.ts";
export { LaneRefusal } from "./lanes/refusal.ts";
export type { KeyWait, LaneCounts, LaneRequest, Lanes, LaneTicket, LaneVerdict, LaneWait } from "./lanes/lanes.ts";
export { OnceCalls } from "./session/once.ts";
export type { OwnerLife } from "./session/lives.ts";
export { systemEnvironment, type RuntimeGlobals, type SystemEnvironmentOptions } from "./session/system-environment.ts";
export {
  silentLogger,
  type CallEnd,
  type CallTrace,
  type CancelTimer,
  type Environment,
  type Occurrence,
} from "./session/environment.ts";

// For a gateway whose sockets are in another thread than its handlers.
export { moveMemoryJournal, type MemoryContents } from "./journal/memory.ts";
export { aftermathOf, type Aftermath, type CutOff } from "./session/aftermath.ts";
export { LagMeter, type Lag } from "./session/lag-meter.ts";
export type { Lateness } from "./channel/heartbeat.ts";
export { bodyLength, cloneValue, decodeBody } from "./content/body.ts";
export { ValueError } from "./content/value.ts";
export { jsonSchemaOf } from "./contract/json-schema.ts";
export { ProtocolViolation } from "./errors/violation.ts";
export { endedUnderWay, untaken } from "./peer/endings.ts";
export {
  NO_BODY,
  type AcceptInfo,
  type CallNumber,
  type CallPort,
  type Ending,
  type OpenRequest,
  type PortBody,
  type PortEvent,
  type Pulse,
} from "./peer/port.ts";
export type { CallersElsewhere, Elsewhere, ElsewhereRun } from "./session/elsewhere.ts";
export { Errand } from "./session/errand.ts";
export { Execution, type Participant } from "./session/execution.ts";
export type { RunContext } from "./session/handler-call.ts";
export { forbiddenResult } from "./session/incoming.ts";
export type { IncomingCalls, IncomingContext } from "./session/incoming-calls.ts";
export type { OnceOptions, OnceVerdict, OtherKeys } from "./session/once.ts";
export type { RegisteredTool } from "./session/registry.ts";
export { failed, freesKey, type Failure, type Settled } from "./session/settled.ts";

// For those who share a session with other processes.
export { Relay, RELAY_LIMITS, type RelayLimits, type RelayOptions } from "./relay/relay.ts";
export { allOf, narrowed, type Permissions } from "./relay/permissions.ts";
export type { RelayTurn } from "./relay/run.ts";
export type { Share, ShareLimits, ShareOptions } from "./relay/share.ts";
