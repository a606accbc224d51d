/**
 * A child process of the turn.
 *
 * @module
 */
import { connect } from "@turnmux/client";
import { loadAction } from "../../load.ts";
import { programSettings, serveProgram } from "../../process/program.ts";
import { tools } from "./contract.ts";
import type { ChildSettings } from "./settings.ts";

// As it would be when it starts.
process.env["TURNMUX_SESSION"] = (programSettings() as ChildSettings).session;
const session = await connect();
const client = session.client(tools);

serveProgram(
  loadAction(async (number) => {
    const text = `call ${number}`;
    return (await client.echo({ text })).text === text;
  }),
);
