/**
 * The gateway's process, from the side of whoever started it.
 *
 * @module
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isTold, type Order } from "./messages.ts";

/** See the module's comment. */
export interface GatewayProcess {
  readonly url: string;
  /** Its main thread stands still for so long. Resolves with the time from which it does, by the clock of the machine. */
  block(milliseconds: number): Promise<number>;
  /** Ends it. */
  end(): Promise<void>;
}

/** Starts it; resolves when it can be dialled. */
export async function startGateway(ioThread: boolean): Promise<GatewayProcess> {
  const file = fileURLToPath(new URL("./gateway.ts", import.meta.url));
  const child = fork(file, ioThread ? ["--io-thread"] : [], {
    execArgv: ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let began = (_at: number): void => {};
  const url = await new Promise<string>((resolve, reject) => {
    child.on("message", (told) => {
      if (!isTold(told)) return;
      if ("url" in told) resolve(told.url);
      else began(told.standsStillSince);
    });
    child.once("error", reject);
    void gone.then(() => reject(new Error("the gateway ended before it listened")));
  });
  return {
    url,
    block: (blockMs) =>
      new Promise((resolve) => {
        began = resolve;
        child.send({ blockMs } satisfies Order);
      }),
    end: async () => {
      child.kill();
      await gone;
    },
  };
}
