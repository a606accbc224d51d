import { programSettings, serveProgram } from "../../src/process/program.ts";

/** What it can be asked for: nothing that works. */
export type BrokenActions = {
  readonly refuse: () => never;
  readonly die: () => Promise<never>;
};

const { early } = programSettings() as { readonly early: boolean };
if (early) throw new Error("it cannot start");

const actions: BrokenActions = {
  refuse: () => {
    throw new Error("it does not want to");
  },
  die: () => {
    console.error("its last words");
    process.exit(3);
  },
};
serveProgram(actions, "here");
