/**
 * `turnmux serve [MODULE]`: a gateway for trying things.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createGateway,
  flattenTools,
  memoryJournal,
  sqliteJournal,
  tokenAuth,
  type Gateway,
  type Logger,
  type ToolHandlers,
  type ToolTree,
} from "@turnmux/gateway";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { note, print, report, warn } from "../report.ts";
import { offerStats, STATS_SCOPE } from "../stats.ts";
import { toJson } from "../text.ts";
import { offerDemo } from "./demo-tools.ts";

/** Options of the command. */
export interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tokenFile?: string;
  readonly journal?: string;
  readonly json?: boolean;
}

/** How long calls may go on once it is to end, in milliseconds. */
const GRACE_MS = 10_000;

/** Runs it until a signal ends it, and gives the exit code. */
export async function serveCommand(module: string | undefined, options: ServeOptions): Promise<number> {
  let secret: Secret | undefined;
  let gateway: Gateway | undefined;
  try {
    const { implement, scopes } = module === undefined ? DEMO : await toolsOf(module);
    secret = secretOf(options.tokenFile);
    gateway = createGateway({
      journal: options.journal === undefined ? memoryJournal() : sqliteJournal(options.journal),
      logger,
    });
    implement(gateway);
    offerStats(gateway);
    const auth = tokenAuth(secret.token, { principal: "you", scopes: [...new Set([STATS_SCOPE, ...scopes])] });
    const endpoint = gateway.listen({ port: options.port ?? 0, host: options.host ?? "127.0.0.1", auth });
    await endpoint.ready.catch((error: unknown) => {
      throw new CommandError(`it cannot listen there: ${messageOf(error)}. --port 0 takes one that is free`);
    });
    const { url } = endpoint;
    if (options.json === true) print(toJson({ url, tokenFile: secret.path }));
    else {
      print(`listening on ${url}`);
      print(`try: turnmux tools --url ${url} --token-file ${secret.path}`);
    }
    await signalled();
    if (options.json !== true) note("turnmux: it ends when the calls that run have ended; once more ends it now");
    await gateway.drain({ graceMs: GRACE_MS });
    return ExitCode.ok;
  } catch (error) {
    return report(error, options.json === true);
  } finally {
    await gateway?.close();
    secret?.remove();
  }
}

/** What the gateway says, a line each: what failed, without a stack. */
const logger: Logger = {
  debug() {},
  info() {},
  warn: tell,
  error: tell,
};

function tell(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const { error, ...rest } = fields;
  const more = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : toJson(value)}`,
  );
  warn([message, ...more, ...(error === undefined ? [] : [messageOf(error)])].join(" "));
}

interface Secret {
  readonly token: string;
  readonly path: string;
  readonly remove: () => void;
}

/** The user's, or a new one, in a folder that nobody else can enter. */
function secretOf(path: string | undefined): Secret {
  if (path !== undefined) {
    try {
      if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
        warn(`${path} can be read by others: chmod 600 it`);
      const token = readFileSync(path, "utf8").trim();
      if (token !== "") return { token, path, remove: () => {} };
    } catch (error) {
      throw new CommandError(`--token-file: ${path} cannot be read: ${messageOf(error)}`);
    }
    throw new CommandError(`--token-file: ${path} is empty: put a long random text into it`);
  }
  const folder = mkdtempSync(join(tmpdir(), "turnmux-serve-"));
  const made = join(folder, "token");
  const token = randomBytes(32).toString("base64url");
  writeFileSync(made, `${token}\n`, { mode: 0o600 });
  return { token, path: made, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What is served. Whoever has the token may do all of it. */
interface Served {
  readonly implement: (gateway: Gateway) => void;
  readonly scopes: readonly string[];
}

const DEMO: Served = { implement: offerDemo, scopes: [] };

async function toolsOf(path: string): Promise<Served> {
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new CommandError(`${path} cannot be loaded: ${messageOf(error)}`);
  }
  const fields = typeof loaded === "object" && loaded !== null ? loaded : {};
  const scopes = "scopes" in fields && Array.isArray(fields.scopes) ? fields.scopes.map(String) : [];
  if ("implement" in fields && typeof fields.implement === "function") {
    const { implement } = fields;
    return { implement: (gateway) => void Reflect.apply(implement, undefined, [gateway]), scopes };
  }
  if (!("tools" in fields) || !("handlers" in fields)) {
    throw new CommandError(
      `${path} must export tools (made by defineTools) and handlers, and may export scopes; or implement(gateway)`,
    );
  }
  const { tools, handlers } = fields;
  // `implement` looks at each of them, and says which is wrong.
  const implement = (gateway: Gateway): void => {
    gateway.implement(tools as ToolTree, handlers as ToolHandlers<ToolTree>);
  };
  return { implement, scopes: [...scopes, ...neededBy(tools as ToolTree)] };
}

/** The scopes that the tools name. */
function neededBy(tools: ToolTree): string[] {
  return [...flattenTools(tools).values()].flatMap(({ scopes }) => [...scopes]);
}

/** Resolves at the first signal that asks to end; the second one ends the process. */
async function signalled(): Promise<void> {
  const { promise, resolve: done } = Promise.withResolvers<void>();
  let count = 0;
  const signal = (name: NodeJS.Signals): void => {
    count += 1;
    if (count > 1) process.exit(name === "SIGINT" ? ExitCode.interrupted : ExitCode.terminated);
    done();
  };
  process.on("SIGINT", signal);
  process.on("SIGTERM", signal);
  await promise;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
