// The published packages as a user gets them: packed, looked at by publint and attw, and then used.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
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

/** Where packed packages are, by package name without scope. */
const packed = (name) => join(root, ".cache", "pack", `${name}.tgz`);

async function checkOne({ node, pnpm, env }, folder) {
  const archive = packed(basename(folder));
  const pack = await capture(node, [pnpm, "pack", "--out", archive], { env, cwd: folder });
  if (pack.code !== 0) return pack.output;
  const attwArgs = [archive, "--profile", "esm-only", "--no-emoji", "--no-color"];
  const results = await Promise.all([
    capture(node, [tool("publint"), "run", archive, "--strict"], { env, cwd: folder }),
    capture(node, [tool("@arethetypeswrong/cli", "attw"), ...attwArgs], { env, cwd: folder }),
  ]);
  return results
    .filter(({ code }) => code !== 0)
    .map(({ output }) => output.trim())
    .join("\n\n");
}

/** Lays the packed packages out as an installation would, with the dependencies that this repository has installed. */
async function installPacked(folders, target, env) {
  for (const folder of folders) {
    const installed = join(target, "node_modules", "@turnmux", basename(folder));
    mkdirSync(join(installed, "node_modules"), { recursive: true });
    const args = ["-xzf", packed(basename(folder)), "-C", installed, "--strip-components=1"];
    const { code, output } = await capture("tar", args, { env });
    if (code !== 0) return output;
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    // What is optional for users is installed here, so that the entries that need it are looked at as well (@types/json-schema is for types of `ai`).
    const { dependencies: needed = {}, peerDependencies = {}, files: promised = [] } = manifest;
    const dependencies = { ...needed, ...peerDependencies };
    const missing = promised.find((path) => !path.startsWith("!") && !existsSync(join(installed, path)));
    if (missing !== undefined) return `${manifest.name} has no ${missing}, which is in "files" of its package.json`;
    for (const name of Object.keys(dependencies).filter((each) => !each.startsWith("@turnmux/"))) {
      const link = join(installed, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(realpathSync(join(folder, "node_modules", name)), link, "junction");
    }
  }
  return "";
}

/**
 * What a user's own program sees: every entry point of the packed packages is imported by plain Node, and by the
 * compiler with declarations checked as well, which finds types that come from a dependency nobody installed.
 */
async function checkAsUser({ node, env }, folders) {
  const target = join(root, ".cache", "consumer");
  rmSync(target, { recursive: true, force: true });
  const failure = await installPacked(folders, target, env);
  if (failure !== "") return failure;
  symlinkSync(join(root, "node_modules", "@types"), join(target, "node_modules", "@types"), "junction");

  const entries = folders.flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const paths = Object.keys(exports).filter((path) => path !== "./package.json");
    return paths.map((path) => name + path.slice(1));
  });
  const source = entries.map((entry, index) => `import * as entry${index} from "${entry}";`).join("\n");
  const used = entries.map((_entry, index) => `entry${index}`).join(", ");
  writeFileSync(join(target, "user.mts"), `${source}\nexport const all: readonly object[] = [${used}];\n`);
  const compilerOptions = {
    target: "ES2024",
    module: "NodeNext",
    lib: ["ES2024", "DOM", "ESNext.Disposable"],
    types: ["node"],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(target, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.mts"] }));
  const results = await Promise.all([
    capture(node, [tool("typescript", "tsc"), "-p", target, "--pretty", "false"], { env }),
    capture(node, ["user.mts"], { env, cwd: target }),
  ]);
  return results
    .filter(({ code }) => code !== 0)
    .map(({ output }) => output.trim())
    .join("\n\n");
}

/** The check, as a step's result. Needs the build. */
export async function checkPackages(toolchain) {
  rmSync(join(root, ".cache", "pack"), { recursive: true, force: true });
  mkdirSync(join(root, ".cache", "pack"), { recursive: true });
  const problems = [];
  const folders = publicPackages();
  for (const folder of folders) {
    const problem = await checkOne(toolchain, folder);
    if (problem !== "") problems.push(`${relative(root, folder)}\n${problem}`);
  }
  if (problems.length === 0) {
    const problem = await checkAsUser(toolchain, folders);
    if (problem !== "") problems.push(`as seen by a user's program\n${problem}`);
  }
  return { ok: problems.length === 0, output: problems.join("\n\n"), note: `${folders.length} packages` };
}
