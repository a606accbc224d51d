// From a fresh clone to installed dependencies, on nothing but Node 18 and npm.
//
// tools/ holds what cannot come from pnpm: pnpm itself, and a Node where the one on PATH is too old for the tests.
// Both steps leave a marker with the hash of what they installed, so that the second time costs nothing.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { capture, root } from "./process.mjs";

const MINIMUM_NODE = [22, 18];

/** Set-up went wrong in a way that the user can do something about; the message says what. */
export class SetupError extends Error {}

function hash(...files) {
  const sum = createHash("sha256");
  for (const file of files)
    sum
      .update(file)
      .update("\0")
      .update(readFileSync(join(root, file)));
  return sum.digest("hex");
}

function marked(marker, value) {
  return existsSync(marker) && readFileSync(marker, "utf8") === value;
}

function recentEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
}

/** The environment of `npm run` without what it says about our own package, which a nested npm would obey. */
function cleanEnvironment() {
  const ours =
    /^npm_(package_|lifecycle_|command$|config_(local_prefix|prefix|global_prefix|user_agent|npm_version)$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/** Installs one of the locked folders below tools/. npm is the one that started us, or the one on PATH. */
async function npmInstall(folder, withOptional, say) {
  const cwd = join(root, folder);
  const marker = join(cwd, "node_modules", ".turnmux-installed");
  const wanted = `${hash(`${folder}/package-lock.json`)} ${process.platform}-${process.arch}`;
  // An installation with the optional packages (Node) does for both.
  if (marked(marker, `${wanted} full`) || (!withOptional && marked(marker, wanted))) return;

  say(`fetching tools (${folder})`);
  const args = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!withOptional) args.push("--omit=optional");
  const script = process.env.npm_execpath;
  const options = { cwd, env: cleanEnvironment() };
  const { code, output } =
    script !== undefined && /npm-cli\.c?js$/.test(script)
      ? await capture(process.execPath, [script, ...args], options)
      : await capture("npm", args, { ...options, shell: process.platform === "win32" });
  if (code === 127) {
    throw new SetupError(`npm was not found.\nInstall Node.js with npm (any version from 18), then run this again.`);
  }
  if (code !== 0) {
    throw new SetupError(
      `npm could not install ${folder} (exit code ${code}):\n${output.trim()}\n\n` +
        `Is the npm registry reachable? "npm ping" tells. Then run this again.`,
    );
  }
  writeFileSync(marker, withOptional ? `${wanted} full` : wanted);
}

function nodePackage(folder) {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "bin/node.exe" : "bin/node";
  return join(root, folder, "node_modules", name, file);
}

/** The Node that everything runs on: this one, or the pinned one if this one is too old. */
async function ensureTools(say) {
  const own = recentEnough(process.versions.node);
  // The pinned one may be what runs this: npm must not take it away.
  const pinnedRuns = process.execPath.startsWith(join(root, "tools"));
  await npmInstall("tools", !own || pinnedRuns, say);
  if (own) return process.execPath;
  const pinned = nodePackage("tools");
  if (existsSync(pinned)) return pinned;
  throw new SetupError(
    `This is Node ${process.versions.node}; ${MINIMUM_NODE.join(".")} or newer is needed, and there is no ready-made one ` +
      `for ${process.platform}-${process.arch}.\nInstall a newer Node.js, put it first on PATH, then run this again.`,
  );
}

function manifests() {
  const found = ["package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml"];
  for (const folder of ["packages", "examples"]) {
    if (!existsSync(join(root, folder))) continue;
    for (const name of readdirSync(join(root, folder)).sort()) {
      const manifest = `${folder}/${name}/package.json`;
      if (existsSync(join(root, manifest))) found.push(manifest);
    }
  }
  return found;
}

function linked(manifest) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
  if (dependencies === undefined && devDependencies === undefined) return true;
  return existsSync(join(root, manifest, "..", "node_modules"));
}

async function ensureDependencies(toolchain, say) {
  const marker = join(root, "node_modules", ".turnmux-installed");
  const files = manifests();
  const wanted = `${hash(...files)} ${process.platform}-${process.arch}`;
  if (marked(marker, wanted) && files.filter((file) => file.endsWith("package.json")).every(linked)) return;

  say("installing dependencies");
  const args = ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"];
  // CI=true: pnpm must not ask whether it may replace a node_modules that something else made.
  const env = { ...toolchain.env, CI: "true" };
  const { code, output } = await capture(toolchain.node, [toolchain.pnpm, ...args], { env });
  if (code !== 0) {
    const advice = output.includes("OUTDATED_LOCKFILE")
      ? `A package.json changed without pnpm-lock.yaml. Run "node scripts/dev.mjs pnpm install", and commit both.`
      : `Is the npm registry reachable? "npm ping" tells. If node_modules is damaged, delete it. Then run this again.`;
    throw new SetupError(`pnpm could not install the dependencies (exit code ${code}):\n${output.trim()}\n\n${advice}`);
  }
  writeFileSync(marker, wanted);
}

/**
 * Makes everything ready and returns the toolchain: `node` and `pnpm` (a script for that Node) as paths, and `env`,
 * in which both are first on PATH. `say` hears about each step that takes time. Throws a SetupError.
 */
export async function setup({ dependencies = true, say }) {
  const node = await ensureTools(say);
  const pnpm = join(root, "tools", "node_modules", "pnpm", "bin", "pnpm.mjs");
  const toolchain = { node, pnpm, env: environmentFor(node) };
  if (dependencies) await ensureDependencies(toolchain, say);
  return toolchain;
}

/** Another Node, from a locked folder of its own (tools/node-22), for the same tests. */
export async function otherNode(major, say) {
  const folder = `tools/node-${major}`;
  if (!existsSync(join(root, folder, "package-lock.json"))) {
    const known = readdirSync(join(root, "tools")).filter((name) => name.startsWith("node-"));
    throw new SetupError(`There is no Node "${major}" here; ${known.map((name) => name.slice(5)).join(" and ")} are.`);
  }
  await npmInstall(folder, true, say);
  const node = nodePackage(folder);
  if (!existsSync(node)) {
    throw new SetupError(`Node ${major} has no ready-made package for ${process.platform}-${process.arch}.`);
  }
  return { node, env: environmentFor(node) };
}

function environmentFor(node) {
  const env = cleanEnvironment();
  const name = Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const first = [join(node, ".."), join(root, "tools", "node_modules", ".bin"), join(root, "node_modules", ".bin")];
  env[name] = [...first, env[name]].join(delimiter);
  return env;
}
