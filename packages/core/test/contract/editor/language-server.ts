/**
 * A client of TypeScript's language server: as much of it as an editor needs to ask where something is defined and what a
 * rename would change.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A place in a file. Lines and characters count from 0. */
export interface Place {
  readonly uri: string;
  readonly line: number;
  readonly character: number;
}

interface Range {
  readonly start: { readonly line: number; readonly character: number };
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A running server. Every request fails as soon as the server is gone or the signal is aborted. */
export class LanguageServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #input = Buffer.alloc(0);
  #errors = "";
  #over: Error | undefined;

  private constructor(signal: AbortSignal) {
    const tsc = fileURLToPath(new URL("../bin/tsc", import.meta.resolve("typescript")));
    this.#process = spawn(process.execPath, [tsc, "--lsp", "--stdio"], { stdio: "pipe" });
    this.#process.stdout.on("data", (data: Buffer) => this.#receive(data));
    this.#process.stderr.on(
      "data",
      (data: Buffer) => (this.#errors = `${this.#errors}${data.toString()}`.slice(-2000)),
    );
    this.#process.on("error", (error) => this.#end(error));
    this.#process.on("close", (code) =>
      this.#end(new Error(`The language server ended with ${code}: ${this.#errors}`)),
    );
    this.#process.stdin.on("error", (error) => this.#end(error));
    signal.addEventListener("abort", () => {
      this.#end(new Error(`The language server did not answer in time: ${this.#errors}`));
      this.#process.kill("SIGKILL");
    });
  }

  static async start(folder: URL, signal: AbortSignal): Promise<LanguageServer> {
    const server = new LanguageServer(signal);
    await server.#request("initialize", { processId: process.pid, rootUri: folder.href, capabilities: {} });
    server.#send({ method: "initialized", params: {} });
    return server;
  }

  open(file: URL): void {
    const text = readFileSync(file, "utf8");
    const textDocument = { uri: file.href, languageId: "typescript", version: 1, text };
    this.#send({ method: "textDocument/didOpen", params: { textDocument } });
  }

  /** Where the name at a place is defined. */
  async definitions(place: Place): Promise<Place[]> {
    const found = await this.#request("textDocument/definition", at(place));
    return (Array.isArray(found) ? found : [found]).map(readLocation);
  }

  /** The places that renaming the name at a place changes. */
  async rename(place: Place, newName: string): Promise<Place[]> {
    const edit = (await this.#request("textDocument/rename", { ...at(place), newName })) as {
      changes?: Record<string, { range: Range }[]>;
    } | null;
    return Object.entries(edit?.changes ?? {}).flatMap(([uri, edits]) =>
      edits.map(({ range }) => readLocation({ uri, range })),
    );
  }

  #request(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(this.#over);
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  async stop(): Promise<void> {
    const exited = new Promise<void>((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) resolve();
      this.#process.once("exit", () => resolve());
    });
    this.#process.kill("SIGKILL");
    await exited;
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #receive(data: Buffer): void {
    this.#input = Buffer.concat([this.#input, data]);
    for (;;) {
      const headerEnd = this.#input.indexOf("\r\n\r\n");
      if (headerEnd === -1) return;
      const length = Number(/Content-Length: (\d+)/iu.exec(this.#input.subarray(0, headerEnd).toString())?.[1]);
      const end = headerEnd + 4 + length;
      if (this.#input.length < end) return;
      this.#take(JSON.parse(this.#input.subarray(headerEnd + 4, end).toString()));
      this.#input = this.#input.subarray(end);
    }
  }

  #take(message: { id?: number; method?: string; result?: unknown; error?: { message: string } }): void {
    if (message.id === undefined) return;
    // What the server asks of its client (its configuration, to register something) gets an empty answer.
    if (message.method !== undefined) return this.#send({ id: message.id, result: null });
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error === undefined) pending?.resolve(message.result);
    else pending?.reject(new Error(message.error.message));
  }

  #end(error: Error): void {
    this.#over ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#over);
    this.#pending.clear();
  }
}

function at({ uri, line, character }: Place): object {
  return { textDocument: { uri }, position: { line, character } };
}

function readLocation({ uri, range }: { uri: string; range: Range }): Place {
  return { uri, line: range.start.line, character: range.start.character };
}
