import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, root, tool } from "../lib/process.mjs";

const core = "packages/core/src";
const client = "packages/client/src";

/** Folder, source, and the rule that must refuse it. */
const refused = [
  [core, `import { readFileSync } from "node:fs"; export const x = readFileSync;`, "no-restricted-imports"],
  [core, `import type { Socket } from "node:net"; export type X = Socket;`, "no-restricted-imports"],
  [core, `import { WebSocket } from "ws"; export const x = WebSocket;`, "no-restricted-imports"],
  [core, `import { nanoid } from "nanoid"; export const x = nanoid;`, "no-restricted-imports"],
  [core, `export { createGateway } from "@turnmux/gateway";`, "no-restricted-imports"],
  [core, `export const x = (): number => Date.now();`, "no-restricted-globals"],
  [core, `export const x: unknown = new Date(0);`, "no-restricted-globals"],
  [core, `export const x = (): number => performance.now();`, "no-restricted-globals"],
  [core, `export const x = (f: () => void): unknown => setTimeout(f, 1);`, "no-restricted-globals"],
  [core, `export const x = (f: () => void): unknown => setInterval(f, 1);`, "no-restricted-globals"],
  [core, `export const x = (f: () => void): unknown => setImmediate(f);`, "no-restricted-globals"],
  [core, `export const x: unknown = Buffer;`, "no-restricted-globals"],
  [core, `export const x: unknown = process.pid;`, "no-restricted-globals"],
  [core, `export const x: unknown = globalThis.Date;`, "no-restricted-globals"],
  [core, `export const x: unknown = new WebSocket("ws://localhost");`, "no-restricted-globals"],
  [core, `export const x = (): Promise<unknown> => fetch("http://localhost");`, "no-restricted-globals"],
  [core, `export const x = (): void => console.log(1);`, "no-restricted-globals"],
  [core, `export const x = (): number => Math.random();`, "no-restricted-properties"],
  [core, `const { random } = Math; export const x: () => number = random;`, "no-restricted-properties"],
  [core, `export const x = (): string => crypto.randomUUID();`, "no-restricted-properties"],
  [
    core,
    `export const x = (a: Uint8Array<ArrayBuffer>): unknown => crypto.getRandomValues(a);`,
    "no-restricted-properties",
  ],
  [core, `export const x = (): AbortSignal => AbortSignal.timeout(1);`, "no-restricted-properties"],
  [client, `export const x = (): void => console.log(1);`, "no-console"],
  [client, `export const x: any = 1;`, "no-explicit-any"],
  [client, `export const x: string = JSON.parse("1");`, "no-unsafe-assignment"],
  [client, `export default 1;`, "no-default-export"],
  [client, `async function f(): Promise<void> {}\nexport function x(): void { f(); }`, "no-floating-promises"],
  [
    client,
    `async function f(): Promise<boolean> { return true; }\nexport const x = (): number => (f() ? 1 : 2);`,
    "no-misused-promises",
  ],
  [client, `export function x(k: "a" | "b"): void { switch (k) { case "a": break; } }`, "switch-exhaustiveness-check"],
  [client, `export function x(): never { throw "no"; }`, "only-throw-error"],
  [client, `export const x = (a: unknown): boolean => a == 1;`, "eqeqeq"],
  ["packages/core/test", `async function f(): Promise<void> {}\nf();\nexport {};`, "no-floating-promises"],
];

/** What the same rules must let through. */
const accepted = [
  [
    core,
    `import { decode } from "@msgpack/msgpack";\nimport { x as y } from "./x.ts";\nexport const x: unknown = [decode, y];`,
  ],
  [core, `export const x = (signal: AbortSignal): void => { queueMicrotask(() => signal.throwIfAborted()); };`],
  [client, `export const x = (f: () => void): unknown => setTimeout(f, Date.now());`],
];

const folder = mkdtempSync(join(tmpdir(), "turnmux-lint-"));
const found = new Map();

beforeAll(async () => {
  for (const name of [".oxlintrc.json", "tsconfig.base.json"]) copyFileSync(join(root, name), join(folder, name));
  const compilerOptions = { lib: ["ES2024", "DOM"] };
  for (const name of ["core", "client"]) {
    const tsconfig = { extends: "../../tsconfig.base.json", compilerOptions, include: ["src", "test"] };
    mkdirSync(join(folder, "packages", name), { recursive: true });
    writeFileSync(join(folder, "packages", name, "tsconfig.json"), JSON.stringify(tsconfig));
  }
  for (const [kind, cases] of Object.entries({ refused, accepted })) {
    cases.forEach(([place, source], index) => {
      mkdirSync(join(folder, place), { recursive: true });
      writeFileSync(join(folder, place, `${kind}${index}.ts`), `${source}\n`);
    });
  }
  const args = [tool("oxlint"), "--type-aware", "--format=json", "packages"];
  const { output } = await capture(process.execPath, args, { cwd: folder });
  for (const { filename, code, message } of JSON.parse(output).diagnostics) {
    const name = filename.replaceAll("\\", "/");
    found.set(name, [...(found.get(name) ?? []), code ?? message]);
  }
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the linter", () => {
  it.each(
    refused.map(([place, source, rule], index) => [source.replaceAll("\n", " "), rule, `${place}/refused${index}.ts`]),
  )("refuses %s (%s)", (_source, rule, file) => {
    expect(found.get(file) ?? []).toContainEqual(expect.stringContaining(`(${rule})`));
  });

  it.each(accepted.map(([place, source], index) => [source.replaceAll("\n", " "), `${place}/accepted${index}.ts`]))(
    "accepts %s",
    (_source, file) => {
      expect(found.get(file) ?? []).toEqual([]);
    },
  );
});
