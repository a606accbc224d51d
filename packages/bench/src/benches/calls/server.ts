/**
 * The server's process.
 *
 * @module
 */

import { programSettings, serveProgram } from "../../process/program.ts";
import { contender } from "./contender.ts";

const { name } = programSettings() as { readonly name: string };
serveProgram({}, await (await contender(name)).serve());
