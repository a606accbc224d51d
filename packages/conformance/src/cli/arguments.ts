/**
 * The command line, read.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import type { PeerRole, Way } from "../suite/verdict.ts";
import { nearestTo } from "./nearest.ts";

/** The peer under test. */
export type Target =
  | {
      readonly kind: "url";
      readonly url: string;
      /** Instead of the key that section 15 of the specification names. */
      readonly token?: { readonly keyId: string; readonly secret: string };
    }
  | { readonly kind: "command"; readonly command: readonly [string, ...string[]] };

/** `gateway`, `client`, `behaviour`. */
export interface RunInvocation {
  readonly command: PeerRole;
  readonly target: Target;
  /** Patterns of cases and requirements; empty for all. */
  readonly only: readonly string[];
  /** The file of known failures. */
  readonly expect: string | undefined;
  /** Where the JSON report goes; `-` is the standard output. */
  readonly json: string | undefined;
  /** Where the JUnit report goes; `-` is the standard output. */
  readonly junit: string | undefined;
  readonly seed: number;
  readonly timeScale: number;
  readonly carriages: readonly Way[];
  /** Cases at a time; undefined for what the suite thinks best. */
  readonly jobs: number | undefined;
  readonly trace: boolean;
  readonly quiet: boolean;
}

/** `list`. */
export interface ListInvocation {
  readonly command: "list";
  readonly role: PeerRole | undefined;
  /** Patterns, as for a run; empty for all. */
  readonly only: readonly string[];
}

/** `explain`. */
export interface ExplainInvocation {
  readonly command: "explain";
  readonly ids: readonly [string, ...string[]];
}

/** What is to be done. */
export type Invocation =
  | RunInvocation
  | ListInvocation
  | ExplainInvocation
  | { readonly command: "help"; readonly about: CommandName | undefined }
  | { readonly command: "version" };

/** The commands, in the order in which help names them. */
export const COMMANDS = ["gateway", "client", "behaviour", "list", "explain"] as const;

/** One of {@link COMMANDS}. */
export type CommandName = (typeof COMMANDS)[number];

/** The carriages, the default one first. */
export const CARRIAGES: readonly Way[] = ["binary", "text", "shared", "wrapped"];

/** The command line is wrong; the message says what of it. */
export class UsageError extends Error {
  /** The command whose help is worth reading. */
  readonly about: CommandName | undefined;

  /** @param about - The command whose help is worth reading. */
  constructor(message: string, about?: CommandName) {
    super(message);
    this.about = about;
  }
}

const TEXT = { type: "string" } as const;
const TEXTS = { type: "string", multiple: true } as const;
const FLAG = { type: "boolean" } as const;
const HELP = { help: { type: "boolean", short: "h" } } as const;

const RUN_OPTIONS = {
  ...HELP,
  only: TEXTS,
  expect: TEXT,
  json: TEXT,
  junit: TEXT,
  seed: TEXT,
  "time-scale": TEXT,
  carriage: TEXTS,
  jobs: TEXT,
  token: TEXT,
  trace: FLAG,
  quiet: { type: "boolean", short: "q" },
} as const;
const LIST_OPTIONS = { ...HELP, only: TEXTS, requirement: TEXTS, role: TEXT } as const;

/** Reads the command line. Throws {@link UsageError}. */
export function readArguments(args: readonly string[]): Invocation {
  const [first, ...rest] = args;
  if (first === undefined) throw new UsageError("a command is missing");
  if (first === "--version" || first === "-V") return { command: "version" };
  if (first === "--help" || first === "-h") return { command: "help", about: undefined };
  if (first === "help") return { command: "help", about: rest[0] === undefined ? undefined : commandNamed(rest[0]) };
  const command = commandNamed(first);
  switch (command) {
    case "list":
      return readList(rest);
    case "explain":
      return readExplain(rest);
    default:
      return readRun(command, rest);
  }
}

function commandNamed(text: string): CommandName {
  const command = COMMANDS.find((name) => name === text);
  if (command !== undefined) return command;
  if (text.startsWith("-")) throw new UsageError(`the command comes first, and then ${text}`);
  throw new UsageError(`there is no command ${JSON.stringify(text)}${meant(text, COMMANDS)}`);
}

function readList(args: readonly string[]): Invocation {
  const { values, positionals } = parsed("list", args, LIST_OPTIONS);
  if (values.help === true) return { command: "help", about: "list" };
  if (positionals.length > 0) throw new UsageError(`list takes no ${JSON.stringify(positionals[0])}`, "list");
  const role = values.role === undefined ? undefined : roleNamed(values.role);
  return {
    command: "list",
    role,
    only: [...patterns("list", "--only", values.only), ...patterns("list", "--requirement", values.requirement)],
  };
}

function roleNamed(text: string): PeerRole {
  if (text === "gateway" || text === "client" || text === "behaviour") return text;
  throw new UsageError("--role is one of gateway, client, behaviour", "list");
}

function readExplain(args: readonly string[]): Invocation {
  const { values, positionals } = parsed("explain", args, HELP);
  if (values.help === true) return { command: "help", about: "explain" };
  const [id, ...more] = positionals;
  if (id === undefined) {
    throw new UsageError("explain needs the id of a requirement, a clause or a case: explain FRAME-003", "explain");
  }
  return { command: "explain", ids: [id, ...more] };
}

function readRun(command: PeerRole, args: readonly string[]): Invocation {
  const at = args.indexOf("--");
  const before = at === -1 ? args : args.slice(0, at);
  const peer = at === -1 ? undefined : args.slice(at + 1);
  const { values, positionals } = parsed(command, before, RUN_OPTIONS);
  if (values.help === true) return { command: "help", about: command };
  const { json, junit } = values;
  if (json === "-" && junit === "-") {
    throw new UsageError("--json and --junit cannot both go to the standard output", command);
  }
  return {
    command,
    target: targetOf(command, positionals, peer, values.token),
    only: patterns(command, "--only", values.only),
    expect: values.expect,
    json,
    junit,
    seed: values.seed === undefined ? randomInt(2 ** 32) : whole(command, "--seed", values.seed, 0),
    timeScale: values["time-scale"] === undefined ? 1 : factor(command, values["time-scale"]),
    carriages: carriagesOf(command, listed(values.carriage)),
    jobs: values.jobs === undefined ? undefined : whole(command, "--jobs", values.jobs, 1),
    trace: values.trace === true,
    quiet: values.quiet === true,
  };
}

function targetOf(
  role: PeerRole,
  positionals: readonly string[],
  peer: readonly string[] | undefined,
  token: string | undefined,
): Target {
  const [url, extra] = positionals;
  if (peer !== undefined) {
    if (url !== undefined) throw new UsageError(`either ${JSON.stringify(url)} or a command behind --`, role);
    if (token !== undefined)
      throw new UsageError("--token goes with a URL; a command has the keys of section 15", role);
    const [program, ...args] = peer;
    if (program === undefined) throw new UsageError("the command behind -- is missing", role);
    return { kind: "command", command: [program, ...args] };
  }
  if (url === undefined) {
    const url = role === "gateway" ? "a URL (ws://host:port/path), or " : "";
    throw new UsageError(`${role} needs ${url}a command: ${role} -- program arguments`, role);
  }
  if (role !== "gateway") throw new UsageError(`the command goes behind --: ${role} -- ${positionals.join(" ")}`, role);
  if (!/^wss?:\/\//.test(url) || !URL.canParse(url)) {
    const hint = /^https?:/.test(url) ? "" : `, and a command goes behind --: gateway -- ${positionals.join(" ")}`;
    throw new UsageError(`${JSON.stringify(url)} is no ws:// or wss:// URL${hint}`, role);
  }
  if (extra !== undefined)
    throw new UsageError(`one gateway at a time; ${JSON.stringify(extra)} is a second one`, role);
  return { kind: "url", url, ...(token === undefined ? {} : { token: tokenOf(token) }) };
}

function tokenOf(text: string): { keyId: string; secret: string } {
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1)
    throw new UsageError("--token is a key id and its secret: keyId:secret", "gateway");
  return { keyId: text.slice(0, at), secret: text.slice(at + 1) };
}

function carriagesOf(role: PeerRole, texts: readonly string[]): readonly Way[] {
  if (texts.length > 0 && role === "behaviour") {
    throw new UsageError("behaviour takes no --carriage: these cases see no frames", role);
  }
  const carriages = texts.map((text) => {
    const carriage = CARRIAGES.find((name) => name === text);
    if (carriage !== undefined) return carriage;
    throw new UsageError(`--carriage is one of ${CARRIAGES.join(", ")}, and not ${JSON.stringify(text)}`, role);
  });
  return carriages.length === 0 ? ["binary"] : [...new Set(carriages)];
}

/** Options may be given several times, and each may hold several texts. */
function listed(values: readonly string[] | undefined): string[] {
  return (values ?? [])
    .flatMap((value) => value.split(","))
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

/** An empty one, such as a variable that the shell does not know, would select everything. */
function patterns(about: CommandName, name: string, values: readonly string[] | undefined): string[] {
  if (values?.some((value) => listed([value]).length === 0) === true)
    throw new UsageError(`${name} takes patterns, and not nothing`, about);
  return listed(values);
}

function whole(about: CommandName, name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${name} takes a whole number of at least ${least}, and not ${JSON.stringify(text)}`, about);
}

function factor(about: CommandName, text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= 1 && value <= 100) return value;
  throw new UsageError(`--time-scale takes a number from 1 to 100, and not ${JSON.stringify(text)}`, about);
}

type OptionTable = NonNullable<Parameters<typeof parseArgs>[0]>["options"] & {};

function parsed<T extends OptionTable>(about: CommandName, args: readonly string[], options: T) {
  const known = Object.keys(options).map((name) => `--${name}`);
  const strange = args.find((arg) => arg.startsWith("--") && arg !== "--" && !known.includes(arg.replace(/=.*$/s, "")));
  if (strange !== undefined) {
    const name = strange.replace(/=.*$/s, "");
    throw new UsageError(`${about} has no option ${name}${meant(name, known)}`, about);
  }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Only the first sentence: the rest of what parseArgs says is about "--", which has a meaning of its own here.
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split(/\.\s/);
    throw new UsageError(why, about);
  }
}

function meant(text: string, known: readonly string[]): string {
  const [nearest] = nearestTo(text, known);
  return nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
}
