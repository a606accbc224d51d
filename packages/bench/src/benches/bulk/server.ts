/**
 * The server's process.
 *
 * @module
 */
import { programSettings, serveProgram } from "../../process/program.ts";
import { actionsOf } from "./actions.ts";
import { contender } from "./contender.ts";

const { name } = programSettings() as { readonly name: string };
const { url, end } = await contender(name).serve();
serveProgram(actionsOf(end), url);
