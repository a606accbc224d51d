/**
 * Results of tools as MCP has them.
 *
 * @module
 */
import type { CallToolResult } from "@modelcontextprotocol/server";
import { jsonForModel, textForModel } from "../models/run.ts";
import type { ModelTool } from "../models/tool-table.ts";

/** Marks the JSON Schema of a result that is an MCP server's. */
const MCP_RESULT = "x-mcp-result";

/** The JSON Schema of what an MCP server's tool returns: its whole result, with the structure that the tool promises. */
export function mcpResultSchema(structure: object | undefined): Readonly<Record<string, unknown>> {
  return {
    type: "object",
    [MCP_RESULT]: true,
    properties: {
      content: { type: "array", items: { type: "object" } },
      ...(structure === undefined ? {} : { structuredContent: structure }),
      isError: { type: "boolean" },
    },
    required: ["content"],
  };
}

/** The JSON Schema of a tool's structured content, as MCP has it; undefined where it has none. */
export function structureOf(output: ModelTool["output"]): Readonly<Record<string, unknown>> | undefined {
  if (output?.["type"] !== "object") return undefined;
  if (output[MCP_RESULT] !== true) return output;
  const { properties } = output;
  const structure = isObject(properties) ? properties["structuredContent"] : undefined;
  return isObject(structure) ? structure : undefined;
}

/** A result for an MCP client. One that came from an MCP server behind the gateway (`implementMcp`) goes on as it was. */
export function resultOf(tool: Pick<ModelTool, "output" | "streams">, value: unknown): CallToolResult {
  if (isMcpResult(value)) return value;
  if (value instanceof Uint8Array) {
    const { base64 } = jsonForModel(value) as { readonly base64: string };
    const resource = { uri: "turnmux:result", mimeType: "application/octet-stream", blob: base64 };
    return { content: [{ type: "resource", resource }] };
  }
  const text = textForModel(value);
  const structured = !tool.streams && structureOf(tool.output) !== undefined && isObject(value);
  return {
    content: [{ type: "text", text }],
    ...(structured ? { structuredContent: jsonForModel(value) } : {}),
  };
}

const KINDS: ReadonlySet<unknown> = new Set(["text", "image", "audio", "resource", "resource_link"]);

function isMcpResult(value: unknown): value is CallToolResult {
  if (!isObject(value) || !("content" in value) || !Array.isArray(value["content"])) return false;
  const keys = Object.keys(value);
  const known = keys.every(
    (key) => key === "content" || key === "structuredContent" || key === "isError" || key === "_meta",
  );
  return known && value["content"].every((part: unknown) => isObject(part) && KINDS.has(part["type"]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
