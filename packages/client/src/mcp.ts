/**
 * MCP both ways: the gateway's tools for MCP clients (needs `npm i @modelcontextprotocol/server`), and the tools of MCP servers for the gateway (needs
 * `npm i @modelcontextprotocol/client`).
 *
 * @module
 */
import { UsageError, type Session } from "@turnmux/core";
import type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "./mcp/offering.ts";
import { nodePlatform } from "./platform/node.ts";

export { serveMcp, type McpServing, type ServeMcpOptions } from "./mcp/serve.ts";
export type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "./mcp/offering.ts";

/**
 * Offers the tools of an MCP server to the gateway, for any session: `session.implementMcp()` of `connect` and `attach` is the same.
 *
 * @throws {UsageError} where MCP's SDK is not installed, a tool's name is taken, or there is no journal for tools that count as `once`
 * @throws {Error} of MCP's SDK, where the server does not start
 */
export async function implementMcp(
  session: Session,
  server: McpProgram | McpTransport,
  options: ImplementMcpOptions = {},
): Promise<McpTools> {
  if (nodePlatform.implementMcp === undefined) throw new UsageError("implementMcp() is for Node");
  return nodePlatform.implementMcp(session, server, options);
}
