import { describe, expect, it } from "vitest";
import type { PeerProcess } from "../../src/harness/driver.ts";
import { Processes } from "../../src/harness/processes.ts";
import { ClientTarget, GatewayTarget } from "../../src/harness/targets.ts";

const AT_THE_END = `process.stdin.resume().on("end", () => process.exit(0));`;
const AT_A_LINE = `process.stdin.on("data", () => { process.stderr.write("it is too much\\n"); process.exit(9); }).on("end", () => process.exit(0));`;

/** A program that is ready at once. */
function program(code: string): readonly [string, ...string[]] {
  const ready = String.raw`process.stdout.write('{"ready":{"endpoint":"ws://127.0.0.1:1/","carriages":["binary"]}}\n');`;
  return [process.execPath, "-e", `${code} ${ready}`];
}

/** A target, and the process that all its cases have in common. */
async function shared(
  role: "gateway" | "client",
  code: string,
  timeScale = 1,
): Promise<{ readonly target: GatewayTarget | ClientTarget; readonly process: () => Promise<PeerProcess> }> {
  if (role === "client") {
    const target = await ClientTarget.open({ command: program(code) }, timeScale);
    return { target, process: () => target.process() };
  }
  const target = new GatewayTarget({ command: program(code) }, timeScale);
  return { target, process: async () => (await target.shared("default")).process };
}

describe.each(["gateway", "client"] as const)("a %s that cases have in common", (role) => {
  it("has nothing said of it where it ends when its input does", async () => {
    const { target, process } = await shared(role, AT_THE_END);
    await process();
    await target.stop();
    expect(await target.endings()).toEqual({ failure: undefined, warning: undefined });
  });

  it("fails the run where it ends by itself between two cases, which is told with those that it has served", async () => {
    const { target, process } = await shared(role, AT_A_LINE);
    const first = await process();
    for (const entry of ["some.case", "another.case"]) first.serve(entry);
    for (const entry of ["some.case", "another.case"]) first.release(entry);
    first.send({ do: "end" });
    await first.ended;
    expect(await process()).not.toBe(first);
    await target.stop();
    const { failure } = await target.endings();
    expect(failure?.requirement).toBe("CHAN-004.2");
    expect(failure?.message).toBe(
      "The peer's program ended, and nobody had asked it to: exit code 9. No case was at it; it had served these last: some.case, another.case. It said: it is too much",
    );
  });

  it("does not fail the run again for what a case has told", async () => {
    const { target, process } = await shared(role, AT_A_LINE);
    const first = await process();
    first.serve("some.case");
    first.send({ do: "end" });
    await first.ended;
    expect(await first.obituary("some.case")).toMatch(/exit code 9\. It said/);
    await target.stop();
    expect(await target.endings()).toMatchObject({ failure: undefined });
  });

  it("fails the run where its input ends and it ends with another exit code than 0", async () => {
    const { target, process } = await shared(
      role,
      `process.stdin.resume().on("end", () => { throw new Error("no input"); });`,
    );
    await process();
    await target.stop();
    const { failure } = await target.endings();
    expect(failure?.requirement).toBeUndefined();
    expect(failure?.message).toMatch(/ended with exit code 1, and should with exit code 0\. .*no input/);
  });

  it("is not waited for where there is a hurry, also one that came up later", async () => {
    const { target, process } = await shared(role, `require("node:net").createServer().listen(0);`, 1_000);
    await process();
    const stopped = target.stop();
    await target.stop(true);
    await stopped;
    expect(await target.endings()).toMatchObject({ failure: undefined });
  });

  it("is warned of where it goes on without its input", async () => {
    const { target, process } = await shared(role, `require("node:net").createServer().listen(0);`, 0.001);
    await process();
    await target.stop();
    const { failure, warning } = await target.endings();
    expect(failure).toBeUndefined();
    expect(warning).toMatch(/did not end when its input did, and had to be killed/);
  });
});

describe("the processes of a run", () => {
  it("may be killed, and ended by a signal, which is nobody's fault", async () => {
    const run = new Processes();
    const killed = run.spawn(program(AT_THE_END), {}, 30_000);
    await killed.ready;
    await killed.kill();
    const drained = run.spawn(program(`${AT_THE_END} process.on("SIGTERM", () => process.exit(7));`), {}, 30_000);
    await drained.ready;
    drained.signal("SIGTERM");
    expect(await drained.ended).toMatchObject({ code: 7 });
    await drained.stop();
    expect(await run.endings()).toEqual({ failure: undefined, warning: undefined });
  });

  it("are told of one by one where they are few", async () => {
    const run = new Processes();
    for (let i = 0; i < 5; i++) {
      const process = run.spawn(program(AT_A_LINE), {}, 30_000);
      await process.ready;
      process.send(null);
      await process.ended;
    }
    const { failure } = await run.endings();
    expect(failure?.message.split("\n")).toHaveLength(4);
    expect(failure?.message).toMatch(/So did 2 more\.$/);
  });
});
