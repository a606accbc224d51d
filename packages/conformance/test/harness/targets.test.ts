import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ClientTarget, GatewayTarget } from "../../src/harness/targets.ts";

/** A program that is ready at once, and goes on until its standard input ends. */
function program(ready: object): readonly [string, ...string[]] {
  const line = JSON.stringify(`${JSON.stringify({ ready })}\n`);
  return [process.execPath, "-e", `process.stdout.write(${line}); process.stdin.resume();`];
}

describe("a target that was stopped", () => {
  it("starts no gateway any more, and none anew", async () => {
    const target = new GatewayTarget({ command: program({ endpoint: "ws://127.0.0.1:1/" }) }, 1);
    const gateway = await target.start("default");
    await gateway.stop();
    await expect(gateway.restart()).rejects.toThrow("The run is over.");
    await target.stop();
    await expect(target.start("default")).rejects.toThrow("The run is over.");
    await expect(target.shared("small")).rejects.toThrow("The run is over.");
  });

  it("starts no client any more", async () => {
    const target = await ClientTarget.open({ command: program({ carriages: ["binary"] }) }, 1);
    const process = await target.process();
    await target.stop();
    expect(process.isEnded).toBe(true);
    await expect(target.process()).rejects.toThrow("The run is over.");
    await expect(target.own()).rejects.toThrow("The run is over.");
  });
});

it("a gateway that is ready with what is no URL of a WebSocket cannot be run, and it is told why", async () => {
  for (const endpoint of ["127.0.0.1:4100", "http://127.0.0.1:4100/", "ws://"]) {
    const target = new GatewayTarget({ command: program({ endpoint }) }, 1);
    await expect(target.start("default")).rejects.toThrow("must have ws:// URLs");
    await target.stop();
  }
});

it("a client, which may have a gateway in its process, has a folder for its state while it is needed", async () => {
  const ready = "process.stdout.write(JSON.stringify({ ready: { folder: process.env.TURNMUX_TEST_STATE } }) + '\\n')";
  const command = [process.execPath, "-e", `${ready}; process.stdin.resume();`];
  const target = await ClientTarget.open({ command }, 1);
  const { folder } = z.object({ folder: z.string() }).parse(await (await target.process()).ready);
  expect(existsSync(folder)).toBe(true);
  await target.stop();
  expect(existsSync(folder)).toBe(false);
});
