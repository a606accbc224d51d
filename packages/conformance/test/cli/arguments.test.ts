import { describe, expect, it } from "vitest";
import { readArguments, UsageError } from "../../src/cli/arguments.ts";
import { usageOf } from "../../src/cli/usage.ts";

describe("the command line", () => {
  it("takes a gateway by URL, with the key to prove", () => {
    const args = ["gateway", "ws://localhost:4100/turnmux", "--token", "key:se:cret", "--seed", "7"];
    expect(readArguments(args)).toMatchObject({
      command: "gateway",
      target: { kind: "url", url: "ws://localhost:4100/turnmux", token: { keyId: "key", secret: "se:cret" } },
      seed: 7,
      timeScale: 1,
      carriages: ["binary"],
      only: [],
    });
  });

  it("leaves everything behind -- to the peer, options that look like its own too", () => {
    const args = [
      "client",
      "--only",
      "frame.*,FLOW-001",
      "--only",
      "chan.ping",
      "--",
      "node",
      "peer.mjs",
      "--seed",
      "--",
    ];
    expect(readArguments(args)).toMatchObject({
      command: "client",
      target: { kind: "command", command: ["node", "peer.mjs", "--seed", "--"] },
      only: ["frame.*", "FLOW-001", "chan.ping"],
    });
  });

  it("draws a seed where it is given none", () => {
    const read = readArguments(["behaviour", "--", "peer"]);
    expect(read).toMatchObject({ command: "behaviour", seed: expect.any(Number) as number });
  });

  it("takes several carriages, each once", () => {
    const args = ["client", "--carriage", "text,binary", "--carriage", "text", "--", "peer"];
    expect(readArguments(args)).toMatchObject({ carriages: ["text", "binary"] });
  });

  it("gives the help of a command in both ways", () => {
    expect(readArguments(["help", "list"])).toEqual({ command: "help", about: "list" });
    expect(readArguments(["list", "-h"])).toEqual({ command: "help", about: "list" });
    expect(readArguments(["--help"])).toEqual({ command: "help", about: undefined });
  });

  it.each([
    [[], "a command is missing"],
    [["gatewya"], 'no command "gatewya" (did you mean gateway?)'],
    [["--seed", "1", "gateway"], "the command comes first"],
    [["gateway"], "gateway needs a URL (ws://host:port/path), or a command"],
    [["client"], "client needs a command: client -- program arguments"],
    [["client", "node", "peer.mjs"], "the command goes behind --: client -- node peer.mjs"],
    [["gateway", "node", "peer.mjs"], "a command goes behind --: gateway -- node peer.mjs"],
    [["gateway", "http://localhost/"], "is no ws:// or wss:// URL"],
    [["gateway", "ws://"], "is no ws:// or wss:// URL"],
    [["gateway", "ws://a/", "ws://b/"], "one gateway at a time"],
    [["gateway", "ws://a/", "--", "peer"], "either"],
    [["gateway", "--"], "the command behind -- is missing"],
    [["gateway", "ws://a/", "--token", "key"], "--token is a key id and its secret"],
    [["gateway", "--token", "a:b", "--", "peer"], "--token goes with a URL"],
    [["gateway", "ws://a/", "--sed", "1"], "gateway has no option --sed (did you mean --seed?)"],
    [["gateway", "ws://a/", "--frobnicate=1"], "gateway has no option --frobnicate"],
    [["gateway", "ws://a/", "--seed"], "--seed"],
    [["gateway", "ws://a/", "--seed", "x"], "--seed takes a whole number"],
    [["gateway", "ws://a/", "--time-scale", "0"], "--time-scale takes a number from 1 to 100"],
    [["gateway", "ws://a/", "--jobs", "0"], "--jobs takes a whole number of at least 1"],
    [["gateway", "ws://a/", "--carriage", "pigeon"], "--carriage is one of binary, text, shared, wrapped"],
    [["gateway", "ws://a/", "--only", ""], "--only takes patterns, and not nothing"],
    [["gateway", "ws://a/", "--only", "frame.*", "--only", " , "], "--only takes patterns, and not nothing"],
    [["list", "--requirement", ""], "--requirement takes patterns, and not nothing"],
    [["behaviour", "--carriage", "text", "--", "peer"], "behaviour takes no --carriage"],
    [["gateway", "ws://a/", "--json", "-", "--junit", "-"], "cannot both"],
    [["list", "frame"], "list takes no"],
    [["list", "--role", "server"], "--role is one of"],
    [["explain"], "explain needs the id"],
  ])("refuses %j and says why", (args, why) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(why);
  });

  it("names every option in the help of its command", () => {
    const run = ["only", "expect", "json", "junit", "seed", "time-scale", "jobs", "trace", "quiet", "help"];
    for (const option of [...run, "carriage", "token"]) expect(usageOf("gateway")).toContain(`--${option}`);
    for (const option of [...run, "carriage"]) expect(usageOf("client")).toContain(`--${option}`);
    for (const option of run) expect(usageOf("behaviour")).toContain(`--${option}`);
    for (const option of ["requirement", "only", "role", "help"]) expect(usageOf("list")).toContain(`--${option}`);
    for (const command of ["gateway", "client", "behaviour", "list", "explain"]) {
      expect(usageOf(undefined)).toContain(`  ${command}`);
    }
  });
});
