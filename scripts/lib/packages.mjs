// The published packages as a user gets them: packed, then looked at by publint and attw.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { capture, root, tool } from "./process.mjs";

/** Folders of the packages that are published. */
export function publicPackages() {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .filter((folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).private !== true)
    .sort();
}

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/** Deletes build output whose source is gone: the compiler leaves it there, and it would be published. */
export function pruneBuild() {
  for (const folder of publicPackages()) {
    for (const file of files(join(folder, "dist"))) {
      const stem = relative(join(folder, "dist"), file).replace(/(\.d\.ts|\.js)(\.map)?$/, "");
      if (stem.endsWith(".tsbuildinfo") || existsSync(join(folder, "src", `${stem}.ts`))) continue;
      rmSync(file);
    }
  }
}

async function checkOne({ node, pnpm, env }, folder, destination) {
  const before = new Set(readdirSync(destination));
  const packed = await capture(node, [pnpm, "pack", "--pack-destination", destination], { env, cwd: folder });
  if (packed.code !== 0) return packed.output;
  const archive = readdirSync(destination).find((name) => !before.has(name));
  const path = join(destination, archive);

  const publint = await capture(node, [tool("publint"), "run", path, "--strict"], { env, cwd: folder });
  const attwArgs = [tool("@arethetypeswrong/cli", "attw"), path, "--profile", "esm-only", "--no-emoji", "--no-color"];
  const attw = await capture(node, attwArgs, { env, cwd: folder });
  const failed = [publint, attw].filter((result) => result.code !== 0);
  return failed.map((result) => result.output.trim()).join("\n\n");
}

/** The check, as a step's result. Needs the build. */
export async function checkPackages(toolchain) {
  const destination = join(root, ".cache", "pack");
  rmSync(destination, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  const problems = [];
  const folders = publicPackages();
  for (const folder of folders) {
    const problem = await checkOne(toolchain, folder, destination);
    if (problem !== "") problems.push(`${relative(root, folder)}\n${problem}`);
  }
  return { ok: problems.length === 0, output: problems.join("\n\n"), note: `${folders.length} packages` };
}
