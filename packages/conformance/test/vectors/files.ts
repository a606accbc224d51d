/**
 * The files of golden vectors by name, as they are to be.
 *
 * @module
 */
import { bodyVectors, invalidBodyVectors } from "./bodies.ts";
import { countVectors, windowVectors } from "./credit.ts";
import { frameVectors } from "./frames.ts";
import { invalidFrameVectors } from "./invalid.ts";
import { messageVectors } from "./messages.ts";
import { namesVectors } from "./names.ts";
import { proofVectors } from "./proofs.ts";

/** One line for each vector, so that a change is seen where it is. */
function lines(sections: Readonly<Record<string, readonly unknown[]>>): string {
  const bodies = Object.entries(sections).map(
    ([name, vectors]) =>
      `${JSON.stringify(name)}: [\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]`,
  );
  return `{\n${bodies.join(",\n")}\n}\n`;
}

/** The folder that holds them. */
export const FOLDER: URL = new URL("../../vectors/", import.meta.url);

/** Contents of the files. */
export function vectorFiles(): Readonly<Record<string, string>> {
  return {
    "frames.json": lines({ frames: frameVectors(), invalid: invalidFrameVectors() }),
    "bodies.json": lines({ bodies: bodyVectors(), invalid: invalidBodyVectors() }),
    "messages.json": lines({ messages: messageVectors() }),
    "proofs.json": lines({ proofs: proofVectors() }),
    "credit.json": lines({ windows: windowVectors(), counts: countVectors() }),
    "names.json": lines({ names: namesVectors() }),
  };
}
