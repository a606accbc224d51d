/**
 * Writes the golden vectors: `node --conditions=turnmux-source packages/conformance/test/vectors/write.ts`.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { FOLDER, vectorFiles } from "./files.ts";

mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(vectorFiles())) {
  writeFileSync(new URL(name, FOLDER), text);
  console.log(`${name}: ${text.length} characters`);
}
