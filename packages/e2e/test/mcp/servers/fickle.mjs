// An MCP server, line by line, that does what its tools' names say: it dies, answers with errors, and lists what nobody can take.
import { createInterface } from "node:readline";

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const schema = { type: "object", properties: { n: { type: "number" } } };
const tools = [
  { name: "add", inputSchema: schema },
  { name: "look", inputSchema: schema, annotations: { readOnlyHint: true } },
  { name: "put", inputSchema: schema, annotations: { idempotentHint: true } },
  { name: "die", inputSchema: schema },
  { name: "refuse", inputSchema: schema },
  { name: "break", inputSchema: schema },
  { name: "a b", inputSchema: schema, annotations: { readOnlyHint: true } },
  { name: "a.b", inputSchema: schema, annotations: { readOnlyHint: true } },
  { name: "never", inputSchema: schema, annotations: { readOnlyHint: true } },
];

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const serverInfo = { name: "fickle", version: "1" };
    say({
      id,
      result: { protocolVersion: params.protocolVersion, capabilities: { tools: { listChanged: true } }, serverInfo },
    });
  } else if (method === "tools/list") say({ id, result: { tools } });
  else if (method === "notifications/cancelled") process.stderr.write("cancelled\n");
  else if (method === "tools/call") {
    const { name } = params;
    if (name === "die") process.exit(1);
    if (name === "never") return;
    if (name === "refuse") say({ id, error: { code: -32602, message: "n is wrong" } });
    else if (name === "break") say({ id, error: { code: -32000, message: "it broke" } });
    else if (name === "put") {
      tools.push({ name: "later", inputSchema: schema, annotations: { readOnlyHint: true } });
      say({ method: "notifications/tools/list_changed" });
      say({ id, result: { content: [{ type: "text", text: "put" }] } });
    } else say({ id, result: { content: [{ type: "text", text: `${name} ${JSON.stringify(params.arguments)}` }] } });
  }
});
process.stdin.on("end", () => process.exit(0));
