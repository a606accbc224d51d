/**
 * The process that has the session, and shares it.
 *
 * @module
 */
import { connect, sharedToken } from "@turnmux/client";
import { loadAction } from "../../load.ts";
import { programSettings, serveProgram } from "../../process/program.ts";
import { tools } from "./contract.ts";
import { SECRET, type ParentActions, type ParentSettings } from "./settings.ts";

const { url } = programSettings() as ParentSettings;
const auth = sharedToken(SECRET);
const session = await connect(url, { auth });
let connectsAnew = false;

const actions: ParentActions = {
  connectAnew: (anew) => {
    connectsAnew = anew;
  },
  share: async () => (await session.share("turn-1")).env.TURNMUX_SESSION,
  ...loadAction(async (number) => {
    const text = `call ${number}`;
    if (!connectsAnew) return (await session.client(tools).echo({ text })).text === text;
    await using own = await connect(url, { auth, reconnect: false });
    return (await own.client(tools).echo({ text })).text === text;
  }),
};

serveProgram(actions);
