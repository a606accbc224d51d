/**
 * The SDK of the Model Context Protocol: a tool with schemas of zod for its input and output, which the server checks, and the
 * client again by the JSON Schema that it was told of.
 *
 * @module
 */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type JSONRPCMessage, JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import type { WebSocket } from "ws";
import { isReceiptOf, Order, orderOf, Receipt, take } from "../contract.ts";
import type { Contender } from "../contender.ts";
import { listen, open } from "./floor.ts";

/**
 * The SDK has a transport for WebSockets in the client only. This one is for both sides, and does what those of the SDK do: a message
 * of JSON each way for each message, parsed by the schema.
 */
class SocketTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  async start(): Promise<void> {
    this.#socket.on("message", (data) => {
      this.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse((data as Buffer).toString())));
    });
    this.#socket.on("close", () => this.onclose?.());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}

const ABOUT = { name: "bench", version: "1.0.0" };

/** See the module's comment. */
export const mcp: Contender = {
  serve: async () => {
    const { server, url } = await listen();
    server.on("connection", (socket) => {
      const mcpServer = new McpServer(ABOUT);
      const schemas = { inputSchema: Order.shape, outputSchema: Receipt.shape };
      mcpServer.registerTool("shop.order", schemas, (order) => {
        const structuredContent = take(order);
        // Text beside it: the specification wants it for clients that know no structured results.
        return { structuredContent, content: [{ type: "text", text: JSON.stringify(structuredContent) }] };
      });
      void mcpServer.connect(new SocketTransport(socket));
    });
    return url;
  },
  connect: async (url) => {
    const client = new Client(ABOUT);
    await client.connect(new SocketTransport(await open(url)));
    await client.listTools();
    return async (number) => {
      const { structuredContent } = await client.callTool({ name: "shop.order", arguments: orderOf(number) });
      return isReceiptOf(number, structuredContent as Receipt);
    };
  },
};
