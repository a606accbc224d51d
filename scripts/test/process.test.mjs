import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { capture, root } from "../lib/process.mjs";

const node = (source, options) => capture(process.execPath, ["-e", source], options);

describe("a captured program", () => {
  it("gives its exit code and all that it printed", async () => {
    expect(await node("console.log('out'); process.exitCode = 3")).toEqual({ code: 3, output: "out\n" });
    expect(await node("console.error('problem')")).toEqual({ code: 0, output: "problem\n" });
  });

  it("is ended when it takes too long, with the programs that it started", async () => {
    const hang = "setInterval(() => {}, 1000)";
    const source = `require("child_process").spawn(process.execPath, ["-e", "${hang}"], { stdio: "inherit" }); ${hang}`;
    const { code, output } = await node(source, { timeoutMs: 300 });
    expect(code).toBe(124);
    expect(output).toContain("ended after 0.3 s");
  });

  it("that does not exist has the code that a shell would give", async () => {
    expect((await capture("turnmux-no-such-program", [])).code).toBe(127);
  });
});

describe("a program on the terminal", () => {
  // npm passes SIGTERM to the shell that it started us in, and that shell passes it to nobody.
  it.skipIf(process.platform === "win32")("is told to stop when the shell that npm started is gone", async () => {
    const program = `process.on("SIGTERM", () => process.exit(console.log("told"))); setInterval(() => {}, 1000); console.log("runs");`;
    const source = `const { inherit } = await import("./scripts/lib/process.mjs"); await inherit(process.execPath, ["-e", process.env.PROGRAM]);`;
    const shell = spawn("sh", ["-c", `"$0" --input-type=module -e '${source}'; true`, process.execPath], {
      cwd: root,
      env: { ...process.env, PROGRAM: program, npm_lifecycle_event: "start" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    shell.stdout.once("data", () => shell.kill("SIGTERM"));
    expect(await text(shell.stdout)).toBe("runs\ntold\n");
  });
});

describe("the tasks", () => {
  const dev = (...args) => capture(process.execPath, ["scripts/dev.mjs", ...args], { cwd: root });

  it("are listed", async () => {
    const { code, output } = await dev("--help");
    expect(code).toBe(0);
    expect(output).toContain("npm test");
  });

  it("are refused by name when there is no such task", async () => {
    const { code, output } = await dev("chekc");
    expect(code).toBe(1);
    expect(output).toContain(`There is no task "chekc".`);
  });

  it("hand their arguments and the exit code on", async () => {
    const { code, output } = await dev(
      "node",
      "-e",
      "console.log(process.argv.length); process.exitCode = 5",
      "one",
      "two",
    );
    expect(output).toContain("3\n");
    expect(code).toBe(5);
  });
});
