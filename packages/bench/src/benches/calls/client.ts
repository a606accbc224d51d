/**
 * The client's process.
 *
 * @module
 */

import { loadAction } from "../../load.ts";
import { programSettings, serveProgram } from "../../process/program.ts";
import { contender } from "./contender.ts";

const { name, url } = programSettings() as { readonly name: string; readonly url: string };
serveProgram(loadAction(await (await contender(name)).connect(url)));
