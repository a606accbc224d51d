/**
 * MCP both ways: the gateway's tools for MCP clients, and the tools of MCP servers for the gateway. Needs MCP's SDK:
 * `npm i @modelcontextprotocol/server @modelcontextprotocol/client`.
 *
 * @module
 */
export { serveMcp, type McpServing, type ServeMcpOptions } from "./mcp/serve.ts";
export { implementMcp } from "./mcp/implement.ts";
export type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "./mcp/offering.ts";
