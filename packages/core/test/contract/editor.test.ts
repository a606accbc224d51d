import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LanguageServer, type Place } from "./editor/language-server.ts";
import { caller, handlers } from "./editor/usage.ts";

const folder = new URL("editor/", import.meta.url);
const limitMs = 60_000;

function fileOf(place: Place): string {
  return fileURLToPath(place.uri).split("/").at(-1) ?? "";
}

/** The place in a file where `word` stands within `context`. */
function locate(file: string, context: string, word: string): Place {
  const uri = new URL(file, folder);
  const text = readFileSync(uri, "utf8");
  const start = text.indexOf(context);
  expect(start, `${JSON.stringify(context)} in ${file}`).toBeGreaterThanOrEqual(0);
  const before = text.slice(0, start + context.indexOf(word)).split("\n");
  return { uri: uri.href, line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

const contractCron = locate("contract.ts", "cron: {", "cron");
const contractAdd = locate("contract.ts", "add: tool(", "add");
const callCron = locate("usage.ts", "api.cron.add", "cron");
const callAdd = locate("usage.ts", "api.cron.add", "add");
const handlerCron = locate("usage.ts", "cron: {", "cron");
const handlerAdd = locate("usage.ts", "add: (job)", "add");

describe("an editor with TypeScript's language server", () => {
  let server: LanguageServer | undefined;

  beforeAll(async () => {
    server = await LanguageServer.start(folder, AbortSignal.timeout(limitMs));
    server.open(new URL("contract.ts", folder));
    server.open(new URL("usage.ts", folder));
  }, limitMs);

  afterAll(() => server?.stop());

  it("looks at code that works", async () => {
    expect(await caller()).toBe("job-1");
    // Not by name: a rename would change this file as well.
    expect(Object.keys(handlers)).toEqual(["cron"]);
  });

  it.each([
    ["a call", callAdd, contractAdd],
    ["a call's group", callCron, contractCron],
    ["a handler", handlerAdd, contractAdd],
    ["a group of handlers", handlerCron, contractCron],
  ])(
    "goes from %s to the contract's property",
    async (_what, from, to) => {
      expect(await server?.definitions(from)).toEqual([to]);
    },
    limitMs,
  );

  it.each([
    ["the contract", contractAdd],
    ["a call", callAdd],
    ["a handler", handlerAdd],
  ])(
    "renames contract, calls and handlers together, from %s",
    async (_what, from) => {
      const changed = await server?.rename(from, "create");
      expect(changed).toHaveLength(3);
      expect(changed).toEqual(expect.arrayContaining([contractAdd, callAdd, handlerAdd]));
      expect(changed?.map(fileOf).sort()).toEqual(["contract.ts", "usage.ts", "usage.ts"]);
    },
    limitMs,
  );

  it(
    "renames a group in contract, calls and handlers together",
    async () => {
      const changed = await server?.rename(contractCron, "jobs");
      expect(changed).toHaveLength(3);
      expect(changed).toEqual(expect.arrayContaining([contractCron, callCron, handlerCron]));
    },
    limitMs,
  );
});
