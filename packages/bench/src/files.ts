/**
 * Files that a run writes: all of a file, or nothing, and at the end.
 *
 * @module
 */
import { accessSync, constants, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Throws where this file could not be written. What is in it stays. */
export function checkWritable(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) throw new Error(`${file} is a folder`);
  if (stat !== undefined) accessSync(file, constants.W_OK);
  if (stat === undefined || stat.isFile()) accessSync(dirname(file), constants.W_OK);
}

/** Writes the file, in one step: whoever ends the run, or reads meanwhile, finds what was there before or all of this. */
export function writeWhole(file: string, text: string): void {
  // What is no file, such as a terminal, has nothing to lose.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    writeFileSync(file, text);
    return;
  }
  const unfinished = `${file}.${process.pid}.unfinished`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}
