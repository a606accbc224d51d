/**
 * A child process that makes the calls that its arguments name, `tool` and JSON in turn, and tells what became of each.
 */
import { connect, TurnmuxError } from "@turnmux/client";

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const failure = (error: unknown): object =>
  TurnmuxError.is(error)
    ? { code: error.code, outcome: error.outcome, message: error.sentence }
    : { message: String(error) };

try {
  const session = await connect();
  say({ connected: { principal: session.principal, scopes: session.scopes, tools: [...session.offers.keys()] } });
  const args = process.argv.slice(2);
  for (let at = 0; at < args.length; at += 2) {
    const tool = args[at] ?? "";
    const input: unknown = JSON.parse(args[at + 1] ?? "{}");
    try {
      if (session.offers.get(tool)?.streams === true) {
        let items = 0;
        for await (const item of session.callItems(tool, input)) {
          if (!String(item).startsWith(`${items}:`)) throw new Error("items came out of order");
          items += 1;
        }
        say({ result: items });
      } else say({ result: (await session.call(tool, input)) ?? null });
    } catch (error) {
      say({ error: failure(error) });
    }
  }
  await session.close();
} catch (error) {
  say({ refused: failure(error) });
  process.exitCode = 1;
}
