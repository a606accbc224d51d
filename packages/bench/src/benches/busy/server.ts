/**
 * The gateway's process. What it runs is loaded from its source, since its threads are started from files beside it.
 *
 * @module
 */
import { programSettings } from "../../process/program.ts";
import type { HostSettings } from "./settings.ts";

const { program } = programSettings() as HostSettings;
await import(program);
