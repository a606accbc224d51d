// Running steps, two at a time where they do not mind, with one line for each and a table at the end.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const green = (text) => paint(32, text);
const red = (text) => paint(31, text);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

async function runStep(step) {
  const start = Date.now();
  let result;
  try {
    result = await step.run();
  } catch (error) {
    result = { ok: false, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const done = { name: step.name, ms: Date.now() - start, ...result };
  const line = `${done.ok ? green("ok  ") : red("FAIL")} ${step.name.padEnd(10)} ${seconds(done.ms).padStart(7)}`;
  console.log(done.note === undefined ? line : `${line}  ${done.note}`);
  if (!done.ok) console.log(`\n${(done.output ?? "").trim()}\n`);
  return done;
}

/**
 * Runs all steps, also after a failure, and returns what became of them. A step is `{ name, run, after?, alone? }`;
 * `run` returns `{ ok, output, note?, tests?, missing? }`. A step whose `after` failed does not run and counts as failed.
 */
export async function runSteps(steps, { atOnce = 2 } = {}) {
  const waiting = [...steps];
  const running = new Map();
  const done = [];
  const pulse = setInterval(() => {
    console.log(`...  ${[...running.keys()].join(", ")}`);
  }, 30_000);

  const state = (name) => done.find((step) => step.name === name);
  const ready = (step) => {
    if (step.alone === true && running.size > 0) return false;
    return (step.after ?? []).every((name) => state(name) !== undefined);
  };

  while (waiting.length > 0 || running.size > 0) {
    const alone = [...running.values()].some((entry) => entry.step.alone === true);
    const next = alone || running.size >= atOnce ? undefined : waiting.find(ready);
    if (next !== undefined) {
      waiting.splice(waiting.indexOf(next), 1);
      const failed = (next.after ?? []).find((name) => !state(name).ok);
      if (failed !== undefined) {
        console.log(`${red("FAIL")} ${next.name.padEnd(10)}          not run, because of: ${failed}`);
        done.push({ name: next.name, ms: 0, ok: false, note: `not run, because of: ${failed}` });
        continue;
      }
      const promise = runStep(next).then((result) => {
        running.delete(next.name);
        done.push(result);
      });
      running.set(next.name, { step: next, promise });
      continue;
    }
    await Promise.race([...running.values()].map((entry) => entry.promise));
  }
  clearInterval(pulse);
  return steps.map((step) => state(step.name));
}

/** Prints the table, what was left out, and the verdict; returns whether all passed. */
export function summarise(results, startedAt) {
  const width = Math.max(...results.map((step) => step.name.length));
  console.log("");
  for (const step of results) {
    const verdict = step.ok ? green("pass") : red("FAIL");
    console.log(
      `  ${step.name.padEnd(width)}  ${verdict}  ${seconds(step.ms).padStart(7)}  ${step.note ?? ""}`.trimEnd(),
    );
  }
  console.log("");
  for (const missing of results.flatMap((step) => step.missing ?? [])) console.log(`left out: ${missing}`);
  const failed = results.filter((step) => !step.ok);
  const time = seconds(Date.now() - startedAt);
  if (failed.length === 0) console.log(green(`all ${results.length} steps passed in ${time}`));
  else
    console.log(
      red(`${failed.length} of ${results.length} steps failed: ${failed.map((s) => s.name).join(", ")} (${time})`),
    );
  return failed.length === 0;
}

/** Counts for continuous integration. A step that ran tests counts as its tests, unless it failed without a failed test. */
export function tally(results) {
  let passed = 0;
  let failed = 0;
  for (const step of results) {
    const tests = step.tests ?? { passed: 0, failed: 0 };
    passed += tests.passed;
    failed += tests.failed;
    if (step.tests === undefined && step.ok) passed += 1;
    if (!step.ok && tests.failed === 0) failed += 1;
  }
  return { passed, failed };
}

/** Writes the counts where `dev.mjs tally` finds them. */
export function writeTally(file, results) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(tally(results))}\n`);
}
