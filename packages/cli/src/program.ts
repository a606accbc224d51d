/**
 * Commands, options and help. What a command does is loaded when it runs.
 *
 * @module
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { duration, interval } from "./duration.ts";
import { EXIT_CODES_HELP, ExitCode } from "./exit-codes.ts";
import { note, report } from "./report.ts";
import type { ConnectionOptions } from "./session.ts";
import { toJson } from "./text.ts";
import { version } from "./version.ts";

const EXAMPLES = `
Where the gateway is:
  Inside a turn TURNMUX_SESSION names it: no address and no secret is needed.
  Elsewhere: --url ws://127.0.0.1:8080/ --token-file FILE, or TURNMUX_URL and TURNMUX_TOKEN_FILE.
  A secret is always in a file, never in an argument.

Examples:
  $ turnmux tools
  $ turnmux call cron.add '{"schedule":"0 8 * * *","text":"tea"}' --key turn-7/call-3
  $ turnmux call log.tail '{"lines":10}' --timeout 30s
  $ echo '{"name":"Ada"}' | turnmux call greet -
  $ turnmux serve tools.mjs
  $ turnmux top --url ws://127.0.0.1:8080/ --token-file token
`;

/** Runs the command with these arguments, and gives the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = ExitCode.ok;
  const json = args.includes("--json");
  const program = commands((exit) => {
    code = exit;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, json);
    if (error.exitCode === 0) return ExitCode.ok;
    const message = error.message.replace(/^error: /, "");
    if (json) note(toJson({ error: { code: "usage", message, exit: ExitCode.usage } }));
    else if (error.code !== "commander.help")
      note(`turnmux: ${message}\nturnmux --help, or turnmux COMMAND --help, says more.`);
    return ExitCode.usage;
  }
}

function commands(exit: (code: number) => void): Command {
  const program = new Command("turnmux");
  program
    .description("Calls the tools of a turnmux gateway, from inside a turn or from anywhere else.")
    .version(version)
    .addHelpText("after", EXAMPLES + EXIT_CODES_HELP)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showHelpAfterError(false);

  connected(program.command("tools"))
    .description("lists the tools that the session may call")
    .action(async (options: ConnectionOptions) => {
      const { ask, tools } = await import("./commands/ask.ts");
      exit(await ask(options, tools));
    });
  connected(program.command("call"))
    .description("calls a tool")
    .argument("<name>", "the tool, such as cron.list")
    .argument("[input]", "its arguments: JSON, @file, or - for standard input (default: {})")
    .option("--key <key>", "the idempotency key: the same call again, with the same key, runs once")
    .option("-v, --verbose", "tell when the call is taken and how far it is, on standard error")
    .addHelpText("after", EXIT_CODES_HELP)
    .action(async (name: string, input: string | undefined, options: ConnectionOptions) => {
      const { callCommand } = await import("./commands/call.ts");
      exit(await callCommand(name, input, options));
    });
  connected(program.command("describe"))
    .description("tells all about a tool, with its JSON Schemas")
    .argument("<name>")
    .action(async (name: string, options: ConnectionOptions) => {
      const { ask, describe } = await import("./commands/ask.ts");
      exit(await ask(options, (session) => describe(session, name)));
    });
  connected(program.command("outcome"))
    .description("tells what became of a call, by its key")
    .argument("<key>")
    .option("--call-id", "it is the call's identifier, and not its key")
    .action(async (key: string, options: ConnectionOptions & { readonly callId?: boolean }) => {
      const { ask, outcome } = await import("./commands/ask.ts");
      exit(await ask(options, (session) => outcome(session, key, options.callId === true)));
    });
  connected(program.command("calls"))
    .description("lists the calls that are under way")
    .action(async (options: ConnectionOptions) => {
      const { ask, calls } = await import("./commands/ask.ts");
      exit(await ask(options, calls));
    });
  connected(program.command("top"))
    .description("shows sessions, calls, lanes and lag of a gateway, live; q ends it")
    .option("--interval <duration>", "how often", interval, 1_000)
    .option("--once", "show it once, and end")
    .action(async (options: ConnectionOptions & { readonly interval: number; readonly once?: boolean }) => {
      const { topCommand } = await import("./commands/top.ts");
      exit(await topCommand(options));
    });
  program
    .command("serve")
    .description("runs a gateway for trying things, with the tools of a module, or with a few of its own")
    .argument("[module]", "exports tools (of defineTools) and handlers")
    .option("--host <host>", "where it listens", "127.0.0.1")
    .option("--port <port>", "0 takes one that is free", port, 0)
    .option(
      "--token-file <file>",
      "the secret of its clients; without it one is made, in a file that only you can read",
    )
    .option("--journal <file>", "where calls of `once` tools are recorded (default: in memory)")
    .option("--json", "print what it says as JSON lines")
    .action(async (module: string | undefined, options: object) => {
      const { serveCommand } = await import("./commands/serve.ts");
      exit(await serveCommand(module, options));
    });
  program
    .command("decode")
    .description("prints the frames of messages that were captured, readable")
    .argument("[input]", "hex, a file, or - for standard input: a message a line, in hex or as JSON", "-")
    .option("--json", "print a JSON line for each frame")
    .action(async (input: string, options: { readonly json?: boolean }) => {
      const { decodeCommand } = await import("./commands/decode.ts");
      exit(await decodeCommand(input, options));
    });
  connected(program.command("mcp"))
    .description("is an MCP server on standard input and output, with the gateway's tools")
    .action(async (options: ConnectionOptions) => {
      const { mcpCommand } = await import("./commands/mcp.ts");
      exit(await mcpCommand(options));
    });
  program
    .command("completion")
    .description("prints what makes a shell complete commands, options and tools")
    .addArgument(program.createArgument("<shell>").choices(["bash", "zsh"]))
    .addHelpText(
      "after",
      "\nExamples:\n  $ source <(turnmux completion bash)\n  $ turnmux completion zsh > ~/.zfunc/_turnmux",
    )
    .action(async (shell: "bash" | "zsh") => {
      const { completionScript } = await import("./commands/completion.ts");
      process.stdout.write(completionScript(shell));
    });
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { complete } = await import("./commands/completion.ts");
      await complete(program, words);
    });
  return program;
}

function connected(command: Command): Command {
  return command
    .option(
      "--url <url>",
      "the gateway, such as ws://127.0.0.1:8080/ (default: TURNMUX_URL, or the turn's shared session)",
    )
    .option("--token-file <file>", "a file with the shared secret (default: TURNMUX_TOKEN_FILE)")
    .option("--device-key <file>", "a file with an Ed25519 private key, as PEM or JSON Web Key")
    .option("--key-id <id>", "which secret or key of the gateway's it is")
    .option("--turn <id>", "the turn that the calls belong to")
    .addOption(new Option("--timeout <duration>", "for connecting and all the rest: 500ms, 5s, 2m").argParser(duration))
    .option("--json", "print JSON, errors too");
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError("It must be a port from 0 to 65535.");
}
