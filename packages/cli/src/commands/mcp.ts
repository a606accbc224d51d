/**
 * `turnmux mcp`: an MCP server on standard input and output.
 *
 * @module
 */
import { serveMcp } from "@turnmux/client/mcp";
import { ExitCode } from "../exit-codes.ts";
import { report, warn } from "../report.ts";
import { openSession, type ConnectionOptions } from "../session.ts";
import { version } from "../version.ts";

/** Runs it until its client leaves, and gives the exit code. */
export async function mcpCommand(options: ConnectionOptions): Promise<number> {
  try {
    const server = await serveMcp({
      session: () => openSession(options),
      turn: options.turn,
      name: "turnmux",
      version,
      log: warn,
    });
    const stop = (): void => void server.close();
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    await server.closed;
    return ExitCode.ok;
  } catch (error) {
    return report(error, options.json === true);
  }
}
