/**
 * What is said while a run goes on.
 *
 * @module
 */
import type { CaseResult } from "../suite/verdict.ts";
import { verdictName } from "./console.ts";
import { counted, type Paint, printable } from "./text.ts";

/** Where progress goes. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  /** One line is written over and over. Otherwise there is one line for each case. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  readonly paint: Paint;
  readonly quiet: boolean;
}

/** Says which cases are over. */
export class Progress {
  readonly #output: ProgressOutput;
  #done = 0;
  #failed = 0;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  /** A run begins. */
  begin(sentence: string): void {
    this.end();
    this.#done = 0;
    this.#failed = 0;
    if (!this.#output.quiet) this.#output.write(`${sentence}\n`);
  }

  /** One of so many cases is over. */
  result(result: CaseResult, total: number): void {
    const { write, isTerminal, columns, quiet, paint } = this.#output;
    const { id, verdict, ms, sentence } = result;
    this.#done++;
    if (verdict === "fail" || verdict === "error") this.#failed++;
    if (quiet) return;
    if (isTerminal) {
      const failed = this.#failed === 0 ? "" : `, ${this.#failed} failed`;
      const line = `${this.#done} of ${counted(total, "case")}${failed}  ${id}`;
      write(`\r\u001B[2K${paint.dim(line.slice(0, Math.max(1, columns - 1)))}`);
      return;
    }
    const why = verdict === "unsupported" && sentence !== undefined ? `  ${printable(sentence)}` : "";
    write(`${verdictName(verdict, paint)}  ${id}  ${Math.round(ms)} ms${why}\n`);
  }

  /** Leaves an empty line to write on. */
  end(): void {
    const { write, isTerminal, quiet } = this.#output;
    if (isTerminal && !quiet && this.#done > 0) write("\r\u001B[2K");
    this.#done = 0;
  }
}
