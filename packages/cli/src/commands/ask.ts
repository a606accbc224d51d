/**
 * The commands that ask and print: `tools`, `describe`, `outcome`, `calls`.
 *
 * @module
 */
import type { CallInFlight, CallOutcome, ClientSession, ToolDescription } from "@turnmux/client";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { print, report } from "../report.ts";
import { openSession, type ConnectionOptions } from "../session.ts";
import { oneLine, plain, table, toJson } from "../text.ts";

/** Runs one of the commands, and gives the exit code. */
export async function ask(
  options: ConnectionOptions,
  run: (session: ClientSession) => Promise<{ readonly value: unknown; readonly text: string }>,
): Promise<number> {
  let session: ClientSession | undefined;
  try {
    session = await openSession(options);
    const { value, text } = await within(run(session), options.timeout);
    print(options.json === true ? toJson(value) : text);
    return ExitCode.ok;
  } catch (error) {
    return report(error, options.json === true);
  } finally {
    await session?.close();
  }
}

/** `turnmux tools` */
export async function tools(session: ClientSession): Promise<{ value: unknown; text: string }> {
  const all = await session.catalog();
  const value = all.map(({ name, description, effect, streams }) => ({ name, description, effect, streams }));
  const rows = all.map((tool) => [
    oneLine(tool.name),
    tool.effect,
    ...(tool.streams ? ["items"] : [""]),
    oneLine(tool.description),
  ]);
  const text = all.length === 0 ? "The gateway offers no tools to this session." : table(rows);
  return { value, text };
}

/** `turnmux describe NAME` */
export async function describe(session: ClientSession, name: string): Promise<{ value: unknown; text: string }> {
  const tool = (await session.catalog()).find((one) => one.name === name);
  if (tool === undefined) {
    throw new CommandError(
      `there is no tool ${oneLine(name)} for this session: turnmux tools lists those that there are`,
    );
  }
  return { value: tool, text: descriptionOf(tool) };
}

function descriptionOf(tool: ToolDescription): string {
  const { name, description, effect, verify, streams, scopes, input, item, output, progress } = tool;
  const said = [`${oneLine(name)}: ${plain(description)}`, `effect: ${effect}`];
  if (verify !== undefined) said.push(`verify: ${oneLine(verify)} tells whether a call took effect`);
  if (scopes !== undefined && scopes.length > 0) said.push(`scopes: ${scopes.map(oneLine).join(", ")}`);
  if (streams) said.push("It sends items.");
  for (const [part, schema] of Object.entries({ input, item, output, progress })) {
    if (schema !== undefined) said.push(`${part}: ${toJson(schema, 2)}`);
  }
  return said.join("\n");
}

/** `turnmux outcome KEY` */
export async function outcome(
  session: ClientSession,
  key: string,
  isCallId: boolean,
): Promise<{ value: CallOutcome; text: string }> {
  const value = await session.outcome(isCallId ? { callId: key } : { key });
  const lines = Object.entries(value).map(([name, one]) => [
    `${name}:`,
    typeof one === "string" ? oneLine(one) : toJson(one),
  ]);
  return { value, text: table(lines) };
}

/** `turnmux calls` */
export async function calls(session: ClientSession): Promise<{ value: readonly CallInFlight[]; text: string }> {
  const value = await session.calls();
  const rows = value.map(({ tool, state, turn, sinceMs, callId }) => [
    oneLine(tool),
    state,
    turn === undefined ? "" : oneLine(turn),
    `${Math.round(sinceMs)} ms`,
    oneLine(callId),
  ]);
  return {
    value,
    text: rows.length === 0 ? "No calls are under way." : table([["TOOL", "STATE", "TURN", "SINCE", "CALL"], ...rows]),
  };
}

async function within<T>(made: Promise<T>, timeoutMs: number | undefined): Promise<T> {
  if (timeoutMs === undefined) return made;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new CommandError(`there was no answer within ${timeoutMs} ms (--timeout)`)),
    timeoutMs,
  );
  try {
    return await Promise.race([made, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
