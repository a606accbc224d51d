/** Journals in processes of their own. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The arguments that run a module given as text, with the workspace's packages. */
export function moduleArguments(code: string): readonly string[] {
  return ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", code];
}

/** Where such a module runs: imports that start with "./src" are those of the gateway. */
export const packageFolder: string = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a module in a process of its own, and gives back what it prints. */
export function runCode(code: string): string {
  const options = { cwd: packageFolder, encoding: "utf8", timeout: 30_000 } as const;
  const { stdout, stderr } = spawnSync(process.execPath, moduleArguments(code), options);
  if (stderr !== "") throw new Error(stderr);
  return stdout.trim();
}

/** A gateway claims so many keys, `k0` and so on, with the fingerprint "f", and is killed. */
export function claimAndDie(path: string, count: number): void {
  runCode(`
    import { sqliteJournal } from "@turnmux/gateway";
    const journal = sqliteJournal(${JSON.stringify(path)});
    const call = { principal: "ada", tool: "cron.add", fingerprint: "f", owner: "gw-0", epoch: 1, atMs: 1 };
    const keys = Array.from({ length: ${count} }, (_, index) => "k" + index);
    await journal.claim(keys.map((key) => ({ ...call, key, callId: key })));
    process.kill(process.pid, "SIGKILL");
  `);
}
