/**
 * The contracts of the built-in tools, for the side that answers them (TOOL-004 to TOOL-006, LANE-002, LANE-003).
 *
 * @module
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isDescribeRequest, isDescribeResult, type DescribeRequest, type DescribeResult } from "./describe.ts";
import {
  CALL_STATES,
  fieldsOf,
  isCallOutcome,
  isCallsResult,
  isOutcomeRequest,
  type CallOutcome,
  type CallsResult,
  type OutcomeRequest,
} from "./outcome.ts";
import {
  isBeginTurnRequest,
  isEndTurnRequest,
  isTurnBegun,
  isTurnEnded,
  type BeginTurnRequest,
  type EndTurnRequest,
  type TurnBegun,
  type TurnEnded,
} from "./turns.ts";
import { tool, type ToolContract } from "./tool.ts";

/** A validator by hand, so that the core needs no library for its own tool. */
function schemaOf<T>(check: (value: unknown) => value is T, message: string): StandardSchemaV1<T, T> {
  return {
    "~standard": {
      version: 1,
      vendor: "turnmux",
      validate: (value) => (check(value) ? { value } : { issues: [{ message }] }),
    },
  };
}

/** The contract of `turnmux.describe`. It is not offered; every side has it. */
export const describeTool: ToolContract<
  StandardSchemaV1<DescribeRequest, DescribeRequest>,
  StandardSchemaV1<DescribeResult, DescribeResult>,
  undefined,
  undefined,
  "read"
> = tool({
  description: "Describes tools: name, description, effect and JSON Schemas.",
  input: schemaOf(isDescribeRequest, "must be { tools?: string[] }"),
  inputJsonSchema: { type: "object", properties: { tools: { type: "array", items: { type: "string" } } } },
  output: schemaOf(isDescribeResult, "must be { tools: [...] }"),
  outputJsonSchema: {
    type: "object",
    properties: { tools: { type: "array", items: { type: "object" } } },
    required: ["tools"],
  },
  effect: "read",
});

/** The contract of `turnmux.outcome`. It is not offered; every side has it. */
export const outcomeTool: ToolContract<
  StandardSchemaV1<OutcomeRequest, OutcomeRequest>,
  StandardSchemaV1<CallOutcome, CallOutcome>,
  undefined,
  undefined,
  "read"
> = tool({
  description: "Tells what became of a call, by its key or its call id.",
  input: schemaOf(isOutcomeRequest, "must be { key: string } or { callId: string }"),
  inputJsonSchema: {
    type: "object",
    properties: { key: { type: "string" }, callId: { type: "string" } },
    minProperties: 1,
    maxProperties: 1,
  },
  output: schemaOf(isCallOutcome, "must be { state, ... }"),
  outputJsonSchema: {
    type: "object",
    properties: { state: { enum: CALL_STATES } },
    required: ["state"],
  },
  effect: "read",
});

/** The contract of `turnmux.calls`. It is not offered; every side has it. */
export const callsTool: ToolContract<
  StandardSchemaV1<unknown, unknown>,
  StandardSchemaV1<CallsResult, CallsResult>,
  undefined,
  undefined,
  "read"
> = tool({
  description: "Tells which calls of the caller are in flight.",
  input: schemaOf((value): value is unknown => value === undefined || fieldsOf(value) !== undefined, "must be {}"),
  inputJsonSchema: { type: "object" },
  output: schemaOf(isCallsResult, "must be { calls: [...] }"),
  outputJsonSchema: {
    type: "object",
    properties: { calls: { type: "array", items: { type: "object" } } },
    required: ["calls"],
  },
  effect: "read",
});

/** The contract of `turnmux.turn.begin`. It is not offered; every gateway has it. */
export const beginTurnTool: ToolContract<
  StandardSchemaV1<BeginTurnRequest, BeginTurnRequest>,
  StandardSchemaV1<TurnBegun, TurnBegun>,
  undefined,
  undefined,
  "idempotent"
> = tool({
  description: "Takes the lane of the session for a turn that runs at the caller's.",
  input: schemaOf(isBeginTurnRequest, "must be { turn: string }"),
  inputJsonSchema: { type: "object", properties: { turn: { type: "string" } }, required: ["turn"] },
  output: schemaOf(isTurnBegun, "must be { lineage }"),
  outputJsonSchema: { type: "object", properties: { lineage: { type: "string" } }, required: ["lineage"] },
  effect: "idempotent",
  lane: "session",
});

/** The contract of `turnmux.turn.end`. It is not offered; every gateway has it. */
export const endTurnTool: ToolContract<
  StandardSchemaV1<EndTurnRequest, EndTurnRequest>,
  StandardSchemaV1<TurnEnded, TurnEnded>,
  undefined,
  undefined,
  "idempotent"
> = tool({
  description: "Gives the lane of the session back that a turn took.",
  input: schemaOf(isEndTurnRequest, "must be { lineage: string } or { callId: string }"),
  inputJsonSchema: {
    type: "object",
    properties: { lineage: { type: "string" }, callId: { type: "string" } },
    minProperties: 1,
    maxProperties: 1,
  },
  output: schemaOf(isTurnEnded, "must be { ended }"),
  outputJsonSchema: { type: "object", properties: { ended: { type: "boolean" } }, required: ["ended"] },
  effect: "idempotent",
});
