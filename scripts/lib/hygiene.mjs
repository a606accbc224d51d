// What no other tool looks at: rules about the repository's own text.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { capture, root } from "./process.mjs";

const MAX_LINES = 600;
const TEXT = /\.(ts|mts|js|mjs|json|jsonc|md|yaml|yml|sh|html|css|txt|sql)$|(^|\/)(\.[\w.-]+|LICENSE|run)$/;

/** Rules on single lines: which files, what must not be there, and why. */
const lineRules = [
  {
    files: /./,
    pattern: /(?<![\w.~/-])\/(?:root|work|home\/\w+|Users\/\w+)\/|\b[A-Z]:\\+Users\\/,
    message: "a path that exists on one machine only",
  },
  {
    files: /./,
    pattern: /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\b|\bregistry\s*=\s*https?:/,
    message: "the address of a package registry: the machine's own settings name it",
  },
  {
    files: /(^|\/)(package-lock\.json|pnpm-lock\.yaml)$/,
    pattern: /"resolved":|\btarball:/,
    message: "a download address in a lock file (npm: omit-lockfile-registry-resolved=true)",
  },
  {
    files: /\.test(-d)?\.m?ts$|\.test\.mjs$/,
    pattern: /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|todo)\b/,
    message: "a test that is left out, or leaves out others",
  },
  {
    files: /\.test\.ts$/,
    pattern: /\bset(?:Timeout|Interval)\s*\(|(?<![.\w])(?:sleep|delay)\s*\(|["']node:timers/,
    message: "a test that waits for time to pass: wait for what happens instead, or use a virtual clock",
  },
  {
    files: /^packages\/core\/src\//,
    pattern: /\b(?:eslint|oxlint)-disable\S*\s+.*no-restricted-/,
    message: "what the core may not touch has no exceptions",
  },
  {
    files: /^(packages|examples|scripts)\/.*\.(ts|mjs)$/,
    pattern: /\b(?:eslint|oxlint)-disable(?!\S*\s+[\w/@, -]*\w\s+-- \w)/,
    message: "a lint rule switched off needs its name, and the reason after --",
  },
  {
    files: /\.m?ts$/,
    pattern: /@ts-(?:ignore|nocheck)\b/,
    message: "types switched off: @ts-expect-error with a reason says more",
  },
];

/** Problems of one file, as "path:line: message". `path` is relative to the root, with slashes. */
export function problemsIn(path, text) {
  const problems = [];
  const lines = text.split("\n");
  for (const rule of lineRules) {
    if (!rule.files.test(path)) continue;
    lines.forEach((line, index) => {
      if (rule.pattern.test(line)) problems.push(`${path}:${index + 1}: ${rule.message}`);
    });
  }
  const length = text.endsWith("\n") ? lines.length - 1 : lines.length;
  if (/^(packages|examples|scripts)\/.*\.(ts|mjs)$/.test(path) && length > MAX_LINES) {
    problems.push(`${path}: ${length} lines; ${MAX_LINES} is the most`);
  }
  if (/(^|\/)package\.json$/.test(path)) problems.push(...looseVersions(path, text));
  return problems;
}

function looseVersions(path, text) {
  const manifest = JSON.parse(text);
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.entries(all)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$|^workspace:\*$/.test(version))
    .map(([name, version]) => `${path}: ${name} is not pinned to one version: ${version}`);
}

/** Relative links of a Markdown file that lead nowhere. `exists` takes a path relative to the root. */
export function deadLinks(path, text, exists) {
  const problems = [];
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "");
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^([a-z][a-z0-9+.-]*:|#)/i.test(target)) continue;
    const file = posix.normalize(posix.join(dirname(path), decodeURI(target.split("#")[0])));
    if (!exists(file)) problems.push(`${path}: a link leads nowhere: ${target}`);
  }
  return problems;
}

/** The check, as a step's result: all files that are, or could be, committed. */
export async function checkHygiene(toolchain) {
  const listed = await capture("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], toolchain);
  if (listed.code !== 0) return { ok: false, output: `git could not list the files:\n${listed.output}` };
  const paths = [...new Set(listed.output.split("\0"))].filter(
    (path) => TEXT.test(path) && existsSync(join(root, path)),
  );
  const problems = [];
  for (const path of paths) {
    const text = readFileSync(join(root, path), "utf8");
    problems.push(...problemsIn(path, text));
    if (path.endsWith(".md")) problems.push(...deadLinks(path, text, (file) => existsSync(join(root, file))));
  }
  return { ok: problems.length === 0, output: problems.join("\n"), note: `${paths.length} files` };
}
