import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { TestGateway } from "./support/gateway.ts";

const IDLE = new URL("./support/programs/idle.ts", import.meta.url);

/** Runs a program from source. */
function run(path: URL, url: string): { readonly program: ChildProcess; readonly lines: AsyncIterator<string> } {
  const program = spawn(process.execPath, ["--conditions=turnmux-source", fileURLToPath(path), url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    program.kill("SIGKILL");
  });
  if (program.stdout === null) throw new Error("no output");
  const output: Interface = createInterface(program.stdout);
  return { program, lines: output[Symbol.asyncIterator]() };
}

describe("A process", () => {
  it("stays up by an open session, also over an outage, and ends by itself when that is closed", async () => {
    const gateway = await TestGateway.listen();
    const { program, lines } = run(IDLE, gateway.url);
    expect((await lines.next()).value).toBe("ready");
    gateway.cut();
    expect((await lines.next()).value).toBe("reconnecting");
    expect((await lines.next()).value).toBe("ready");
    program.kill("SIGUSR2");
    expect((await lines.next()).value).toBe("closed");
    const [code] = (await once(program, "exit")) as [number | null];
    expect(code).toBe(0);
  });

  it("ends by itself when its session is closed during an outage", async () => {
    const gateway = await TestGateway.listen();
    const { program, lines } = run(IDLE, gateway.url);
    expect((await lines.next()).value).toBe("ready");
    await gateway.stop();
    expect((await lines.next()).value).toBe("reconnecting");
    program.kill("SIGUSR2");
    expect((await lines.next()).value).toBe("closed");
    const [code] = (await once(program, "exit")) as [number | null];
    expect(code).toBe(0);
  });

  it("ends by itself when the gateway does not answer the closing handshake", async () => {
    const gateway = await TestGateway.listen();
    const { program, lines } = run(IDLE, gateway.url);
    expect((await lines.next()).value).toBe("ready");
    (await gateway.socket(1)).pause();
    program.kill("SIGUSR2");
    expect((await lines.next()).value).toBe("closed");
    const [code] = (await once(program, "exit")) as [number | null];
    expect(code).toBe(0);
  });
});
