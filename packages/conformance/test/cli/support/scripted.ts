/**
 * The program on the small suite of `catalogue.ts`, for tests that need a process.
 *
 * The environment says what happens: `VERDICTS` what becomes of cases by id (`{ "frame.x": "fail", ... }`), `REFUSES` that the peer cannot be started, and `HANGS` that a run ends by a signal alone.
 */
import { z } from "zod";
import type { Engine } from "../../../src/cli/engine.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { type CaseResult, HarnessError } from "../../../src/suite/verdict.ts";
import { CATALOGUE } from "./catalogue.ts";

const verdict = z.enum(["pass", "fail", "warn", "unsupported", "error"]);
const verdicts = z.record(z.string(), verdict).parse(JSON.parse(process.env["VERDICTS"] ?? "{}"));

function of({ id, title, covers }: Pick<CaseResult, "id" | "title" | "covers">): CaseResult {
  const verdict = verdicts[id] ?? "pass";
  if (verdict === "pass") return { id, title, covers, verdict, trace: ["-> PING 1"], ms: 2 };
  return { id, title, covers, verdict, sentence: `${id} says why`, trace: ["-> PING 1", "<- PONG 2"], ms: 3 };
}

const engine: Engine = async ({ role, cases, way, seed, timeScale, signal, onResult }) => {
  if (process.env["REFUSES"] !== undefined) throw new HarnessError("no-such-program: it is not there");
  if (process.env["HANGS"] !== undefined) {
    process.stdout.write("hanging\n");
    const holding = setInterval(() => undefined, 1_000);
    await new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("stopped")));
    }).finally(() => clearInterval(holding));
  }
  const sanity = { title: "it works", covers: [] };
  const first = of({ id: "sanity.first", ...sanity });
  const fit = first.verdict === "pass";
  const results = fit ? [first, ...cases.toReversed().map(of), of({ id: "sanity.last", ...sanity })] : [first];
  for (const result of results) onResult(result, results.length);
  return { role, peer: "scripted", carriage: way, seed, timeScale, results, ms: 5 };
};

process.exitCode = await runProgram(process.argv.slice(2), { catalogue: CATALOGUE, engine });
