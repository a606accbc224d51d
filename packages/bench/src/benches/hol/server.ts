/**
 * The server's process.
 *
 * @module
 */
import { programSettings, serveProgram } from "../../process/program.ts";
import { contender } from "./contender.ts";
import type { HolSettings } from "./settings.ts";

const { name, octets } = programSettings() as HolSettings;
serveProgram({}, await contender(name).serve(octets));
