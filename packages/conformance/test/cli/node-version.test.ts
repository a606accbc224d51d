import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { nodeProblem, OLDEST_NODE } from "../../src/cli/node-version.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A Node that says that it is an older one, and has not what came since. */
const OLDER = `data:text/javascript,${encodeURIComponent(
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } }); delete Promise.withResolvers;',
)}`;

describe("Node", () => {
  it.each(["22.18.0", "22.20.1", "23.0.0", "24.11.1"])("%s is new enough", (version) => {
    expect(nodeProblem(version)).toBeUndefined();
  });

  it.each(["8.17.0", "20.19.0", "22.17.1"])("%s is too old, which is said in a sentence", (version) => {
    expect(nodeProblem(version)).toBe(`turnmux-conformance needs Node 22.18 or newer, and this is Node ${version}.`);
  });

  it("has to be as new as the package says", () => {
    const file = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const { engines } = z.object({ engines: z.object({ node: z.string() }) }).parse(JSON.parse(file));
    expect(engines.node).toBe(`>=${OLDEST_NODE}`);
  });

  it("that is too old runs nothing: the sentence is all, and the exit code 2", async () => {
    const args = ["--conditions=turnmux-source", "--import", OLDER, MAIN, "list"];
    const { promise, resolve } = Promise.withResolvers<unknown>();
    execFile(process.execPath, args, { env: { PATH: process.env["PATH"] } }, (error, stdout, stderr) => {
      resolve({ code: error?.code, stdout, stderr });
    });
    const sentence = "turnmux-conformance needs Node 22.18 or newer, and this is Node 20.19.0.\n";
    expect(await promise).toEqual({ code: 2, stdout: "", stderr: sentence });
  });
});
