/**
 * How late this process's event loop is, measured while a session of it is not over: one meter serves all of them.
 *
 * @module
 */
import { LagMeter } from "@turnmux/core";
import { runtimeEnvironment } from "./environment.ts";

let meter: LagMeter | undefined;
let users = 0;

/** Milliseconds; zero where nobody has it measured. */
export function lagMs(): number {
  return meter?.lagMs ?? 0;
}

/** Has it measured, until what this gives is called. */
export function measureLag(): () => void {
  meter ??= new LagMeter(runtimeEnvironment(undefined));
  users += 1;
  let stopped = false;
  return () => {
    if (stopped) return;
    stopped = true;
    users -= 1;
    if (users > 0) return;
    meter?.close();
    meter = undefined;
  };
}
