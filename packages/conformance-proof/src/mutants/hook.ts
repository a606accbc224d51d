/**
 * Puts a mutant into a peer: `TURNMUX_MUTANT=<id> node --import <this file> <peer>`. Sources are changed as they are loaded, before
 * their types are stripped; the files stay as they are.
 *
 * Whatever keeps the mutant from being what it says ends the process with {@link EXIT_MISFIT}.
 *
 * @module
 */

import { registerHooks } from "node:module";
import { FAULTS } from "../degenerate/peers.ts";
import { loadCatalogue } from "./catalogue.ts";
import { EXIT_MISFIT, MUTANT_VARIABLE } from "./misfit.ts";
import type { Edit, Mutant } from "./mutant.ts";
import { patched, urlOf } from "./patch.ts";

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(EXIT_MISFIT);
}

async function wanted(): Promise<Mutant> {
  const id = process.env[MUTANT_VARIABLE] ?? "";
  const { mutants, problems } = await loadCatalogue();
  const all = [...FAULTS, ...mutants];
  return all.find((mutant) => mutant.id === id) ?? fail([`There is no mutant "${id}".`, ...problems].join("\n"));
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
