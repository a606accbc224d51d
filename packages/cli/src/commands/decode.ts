/**
 * `turnmux decode [HEX|FILE|-]`: frames of messages that somebody has captured.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { ALL_CARRIAGES, decodeBody, DEFAULT_LIMITS, ProtocolViolation } from "@turnmux/core";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { readAll } from "../input.ts";
import { print, report } from "../report.ts";
import { oneLine, toJson } from "../text.ts";

/** Octets of a frame's payload: as much as one may have. */
const PAYLOAD = 2 ** 24 - 1;

/** Characters of a body that are shown. */
const PREVIEW = 200;

/** Fields that are, or could be turned into, somebody's rights. */
const SECRET: ReadonlySet<string> = new Set(["proof", "resumeToken", "token", "lineage"]);

interface Captured {
  readonly direction: string | undefined;
  readonly message: Uint8Array | string;
}

/** Runs it, and gives the exit code. */
export async function decodeCommand(input: string, { json = false }: { readonly json?: boolean }): Promise<number> {
  let wrong = 0;
  try {
    const lines = (await textOf(input)).split("\n");
    for (const [at, line] of lines.entries()) {
      if (line.trim() === "") continue;
      const name = `message ${at + 1}`;
      try {
        show(captured(line.trim(), name), name, json);
      } catch (error) {
        wrong += 1;
        report(placed(error, name), json);
      }
    }
    return wrong === 0 ? ExitCode.ok : ExitCode.failed;
  } catch (error) {
    return report(error, json);
  }
}

async function textOf(input: string): Promise<string> {
  if (input === "-") return readAll(process.stdin, "standard input");
  if (isHex(input)) return input;
  if (!existsSync(input)) throw new CommandError(`there is no file ${oneLine(input)}, and it is not hex`);
  const file = await open(input);
  try {
    return await readAll(file.createReadStream({ autoClose: false }), input);
  } finally {
    await file.close();
  }
}

function isHex(text: string): boolean {
  return text.length > 0 && !/[^0-9a-fA-Fx\s:,]/.test(text) && /[0-9a-fA-F]{2}/.test(text);
}

/** A line: hex; text carriage as it is; or JSON with `hex` or `text`, and `dir`. */
function captured(line: string, name: string): Captured {
  if (isHex(line)) return { direction: undefined, message: octetsOf(line, name) };
  if (line.startsWith('{"turnmux"')) return { direction: undefined, message: line };
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new CommandError(
      `${name}: it is neither hex nor JSON: {"dir":"in","hex":"c101…"} or {"dir":"out","text":"{\\"turnmux\\":…}"}`,
    );
  }
  const fields = typeof parsed === "object" && parsed !== null ? parsed : {};
  const direction = "dir" in fields && typeof fields.dir === "string" ? oneLine(fields.dir) : undefined;
  if ("hex" in fields && typeof fields.hex === "string") return { direction, message: octetsOf(fields.hex, name) };
  if ("text" in fields && typeof fields.text === "string") return { direction, message: fields.text };
  throw new CommandError(`${name}: a JSON line has "hex" or "text"`);
}

function octetsOf(text: string, name: string): Uint8Array {
  const digits = text.replace(/0x|[\s:,]/gi, "");
  if (digits.length % 2 !== 0)
    throw new CommandError(`${name}: ${digits.length} hexadecimal digits are no whole octets`);
  if (/[^0-9a-f]/i.test(digits)) throw new CommandError(`${name}: it has what is no hexadecimal digit`);
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function show({ direction, message }: Captured, name: string, json: boolean): void {
  for (const carriage of ALL_CARRIAGES) {
    const envelope = carriage.recognise(message);
    if (envelope === undefined) continue;
    const tag = Buffer.from(envelope.tag).toString("hex");
    let skipped = 0;
    const frames = carriage.decode(envelope, { ...DEFAULT_LIMITS, framePayload: PAYLOAD }, () => {
      skipped += 1;
    });
    const octets = typeof message === "string" ? Buffer.byteLength(message) : message.length;
    if (!json)
      print(`${direction === undefined ? "" : `${direction} `}${name}: ${carriage.name}, tag ${tag}, ${octets} octets`);
    for (const frame of frames) {
      const fields = fieldsOf(frame);
      if (json) print(toJson({ message: name, direction, tag, ...fields }));
      else print(lineOf(fields));
    }
    if (skipped > 0 && !json) print(`  ${skipped} frames of types that may be skipped`);
    return;
  }
  throw new CommandError(
    `${name}: it is not turnmux's. Binary messages begin with c1 01, text with {"turnmux":[ (CARR-001)`,
  );
}

function fieldsOf(frame: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(frame)) {
    if (value === undefined || key === "payload") continue;
    fields[key] = shown(key, value);
  }
  const { body, content } = frame as { readonly body?: unknown; readonly content?: unknown };
  if (body instanceof Uint8Array) fields["body"] = preview(body, typeof content === "number" ? content : 0, frame);
  return fields;
}

function shown(key: string, value: unknown): unknown {
  if (value instanceof Uint8Array)
    return SECRET.has(key) || key !== "nonce" ? `(${value.length} octets)` : Buffer.from(value).toString("hex");
  if (SECRET.has(key)) return "(hidden)";
  if (Array.isArray(value)) return value.map((one: unknown) => shown("", one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shown(name, one)]));
}

function preview(octets: Uint8Array, content: number, frame: object): string {
  if (octets.length === 0) return "";
  let text = "";
  const isPart = "more" in frame && frame.more === true;
  try {
    if (!isPart) text = toJson(decodeBody({ content, octets }));
  } catch {
    // A part of a body, or one that is broken: its octets say as much as anybody knows.
  }
  if (text === "") text = Buffer.from(octets.subarray(0, PREVIEW / 2)).toString("hex");
  const cut = text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text;
  return `${cut} (${octets.length} octets)`;
}

function lineOf({ type, stream, ...rest }: Record<string, unknown>): string {
  const parts = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" ? oneLine(value) : toJson(value)}`,
  );
  const where = stream === undefined ? "" : ` stream ${toJson(stream)}`;
  return `  ${String(type).toUpperCase()}${where} ${parts.join(" ")}`.trimEnd();
}

function placed(error: unknown, name: string): unknown {
  if (!(error instanceof ProtocolViolation)) return error;
  return new Error(`${name}: ${error.message}`);
}
