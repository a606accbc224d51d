/**
 * The session that a command works with: the turn's that this process belongs to, or one of its own.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { connect, deviceKey, sharedToken, type ClientAuth, type ClientSession, type Turn } from "@turnmux/client";
import { CommandError } from "./exit-codes.ts";
import { warn } from "./report.ts";

/** Options of every command that needs a gateway. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly deviceKey?: string;
  readonly keyId?: string;
  readonly turn?: string;
  /** Milliseconds for all of it. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** Octets of a token or a key, and more. */
const SECRET_OCTETS = 64 * 1024;

/** Opens it. The caller closes it. */
export async function openSession(options: ConnectionOptions, signal?: AbortSignal): Promise<ClientSession> {
  const url = options.url ?? process.env["TURNMUX_URL"];
  // Where nobody says how long, there is one attempt, which waits for a gateway that is busy, and not for one that is not there.
  const common = { signal, connectTimeoutMs: options.timeout, agent: "turnmux-cli" };
  const inTurn = (process.env["TURNMUX_SESSION"] ?? "") !== "";
  if (options.url === undefined && inTurn) return connect(common);
  if (url !== undefined && url !== "") return connect(url, { ...common, auth: await authOf(options) });
  throw new CommandError(
    "there is no gateway to talk to: inside a turn, TURNMUX_SESSION names it (share.env of session.share()); elsewhere pass --url with --token-file or --device-key",
  );
}

/** Whose calls they are: the turn that `--turn` names, or the session's own. A shared session's are its turn's in any case. */
export function callerOf(session: ClientSession, options: ConnectionOptions): ClientSession | Turn {
  return options.turn === undefined ? session : session.turn(options.turn);
}

async function authOf(options: ConnectionOptions): Promise<ClientAuth | undefined> {
  const tokenFile = options.tokenFile ?? process.env["TURNMUX_TOKEN_FILE"];
  if (options.deviceKey !== undefined) {
    if (options.tokenFile !== undefined) throw new CommandError("--token-file and --device-key exclude each other");
    const text = await readSecret(options.deviceKey, "--device-key");
    return deviceKey(text.startsWith("{") ? jsonWebKey(text) : text, options.keyId);
  }
  if (tokenFile === undefined || tokenFile === "") return undefined;
  return sharedToken(await readSecret(tokenFile, "--token-file"), options.keyId);
}

function jsonWebKey(text: string): JsonWebKey {
  try {
    // `deviceKey` looks at each part.
    return JSON.parse(text) as JsonWebKey;
  } catch {
    throw new CommandError("--device-key: the file is neither PEM nor a JSON Web Key");
  }
}

/** A secret is in a file, and never in an argument, which every user of the machine can see. */
async function readSecret(path: string, option: string): Promise<string> {
  try {
    const { mode, size } = await stat(path);
    if (size > SECRET_OCTETS)
      throw new CommandError(`${option}: ${path} has more than ${SECRET_OCTETS} octets: it is no secret's file`);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) warn(`${path} can be read by others: chmod 600 it`);
    const secret = (await readFile(path, "utf8")).trim();
    if (secret === "") throw new CommandError(`${option}: ${path} is empty`);
    return secret;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `${option}: ${path} cannot be read: ${error instanceof Error ? error.message : "unknown error"}`,
    );
  }
}
