/**
 * Puts a mutant into a peer: `TURNMUX_MUTANT=<id> node --import <this file> <peer>`. Sources are changed as they are loaded, before
 * their types are stripped; the files stay as they are. In place of the id of a planted mutant the variable may have one as JSON.
 *
 * Whatever keeps the mutant from being what it says ends the process with {@link EXIT_MISFIT}.
 *
 * @module
 */

import { registerHooks } from "node:module";
import { z } from "zod";
import { EXIT_MISFIT, MUTANT_VARIABLE } from "./misfit.ts";
import type { Edit } from "./mutant.ts";
import { patched, urlOf } from "./patch.ts";

const Given = z.object({
  id: z.string(),
  edits: z.array(z.object({ file: z.string(), find: z.string(), replace: z.string() })),
});

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(EXIT_MISFIT);
}

async function wanted(): Promise<z.infer<typeof Given>> {
  const text = process.env[MUTANT_VARIABLE] ?? "";
  if (text.startsWith("{")) return Given.parse(JSON.parse(text));
  const { loadCatalogue } = await import("./catalogue.ts");
  const { mutants, problems } = await loadCatalogue();
  const found = mutants.find(({ id }) => id === text);
  if (found === undefined) fail([`There is no mutant "${text}".`, ...problems].join("\n"));
  return { id: found.id, edits: [...found.edits] };
}

/** A peer says that it is ready once all that it imports is loaded. */
function checkAtFirstWord(check: () => void): void {
  const { stdout } = process;
  const original = Object.getOwnPropertyDescriptor(stdout, "write");
  stdout.write = new Proxy(stdout.write.bind(stdout), {
    apply: (target, self, args) => {
      check();
      if (original === undefined) Reflect.deleteProperty(stdout, "write");
      else Object.defineProperty(stdout, "write", original);
      return Reflect.apply(target, self, args) as boolean;
    },
  });
}

const { id, edits } = await wanted();
const waiting = new Map<string, Edit[]>();
for (const edit of edits) {
  const url = urlOf(edit.file);
  waiting.set(url, [...(waiting.get(url) ?? []), edit]);
}

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const [plain = url] = url.split(/[?#]/);
    const mine = waiting.get(plain);
    if (mine === undefined) return loaded;
    waiting.delete(plain);
    const source =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(octetsOf(loaded.source));
    try {
      return { ...loaded, source: patched(id, source, mine) };
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
  },
});

checkAtFirstWord(() => {
  const [missing] = [...waiting.values()].flat();
  if (missing !== undefined) fail(`Mutant ${id} does not fit: the peer never loads ${missing.file}.`);
});

function octetsOf(source: unknown): Uint8Array {
  if (source instanceof Uint8Array) return source;
  return source instanceof ArrayBuffer ? new Uint8Array(source) : new Uint8Array(0);
}
