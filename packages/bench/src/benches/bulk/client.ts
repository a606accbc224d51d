/**
 * The client's process.
 *
 * @module
 */
import { programSettings, serveProgram } from "../../process/program.ts";
import { actionsOf } from "./actions.ts";
import { contender } from "./contender.ts";

const { name, url } = programSettings() as { readonly name: string; readonly url: string };
const end = contender(name).connect(url);
await end;
serveProgram(actionsOf(end));
