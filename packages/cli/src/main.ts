#!/usr/bin/env node
/**
 * The command `turnmux`.
 *
 * @module
 */
import { enableCompileCache } from "node:module";

// What is compiled once need not be the next time: a command lives for less than it takes to compile.
enableCompileCache();

const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
