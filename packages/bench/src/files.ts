/**
 * Files that a run reads and writes. It writes all of a file, or nothing, and at the end.
 *
 * @module
 */
import { accessSync, constants, existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What else may be wrong with a file, by the system's code for it. */
const WRONG: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "what should be a folder of its path is none",
  EISDIR: "this is a folder",
  EACCES: "access is denied",
  EPERM: "access is denied",
  EROFS: "nothing can be written there",
};

/** What `use` gives back. What it throws becomes an error whose sentence names the file, and the option that named it. */
export function forOption<T>(option: string, file: string, use: (file: string) => T): T {
  try {
    return use(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${option} ${file}: ${WRONG[code] ?? told}`, { cause });
  }
}

/** Throws where this file could not be written. What is in it stays. */
export function checkWritable(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) throw new Error("this is a folder");
  if (!existsSync(dirname(file))) throw new Error(`there is no folder ${dirname(file)}`);
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
