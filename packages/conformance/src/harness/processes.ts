/**
 * The processes of a run: who starts them, and what no case sees of how they end.
 *
 * @module
 */
import { Failure, HarnessError } from "../suite/verdict.ts";
import { PeerProcess } from "./driver.ts";

/** How long a process that cases had in common may take to end by itself, in milliseconds, before the time scale. */
const END_MS = 4_000;

/** Of how many processes it is told how they ended. */
const TOLD = 3;

/** What is wrong with how processes ended: a failure, or what is odd at least. */
export interface Endings {
  readonly failure: Failure | undefined;
  readonly warning: string | undefined;
}

/** All processes that a run starts. */
export class Processes {
  readonly #all: PeerProcess[] = [];
  readonly #slow: PeerProcess[] = [];
  readonly #over = new AbortController();

  /** True where nothing is started any more. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Whoever comes too late is told so. @throws HarnessError where the run is over, or it is for this peer: `stopped`. */
  check(stopped = false): void {
    if (this.isOver || stopped) throw new HarnessError("The run is over.");
  }

  /** Starts a program, which has so many milliseconds to be ready. @throws HarnessError where the run is over. */
  spawn(command: readonly string[], environment: Readonly<Record<string, string>>, within: number): PeerProcess {
    this.check();
    const process = new PeerProcess(command, environment, within, this.#over.signal);
    this.#all.push(process);
    return process;
  }

  /** Nothing is started any more, and what is not ready yet is given up. */
  end(): void {
    this.#over.abort();
  }

  /** Ends a process that cases had in common: it has time to end by itself, unless there is a hurry. */
  async retire(process: PeerProcess, timeScale: number, hurry: boolean): Promise<void> {
    await process.stop(hurry ? undefined : END_MS * timeScale);
    if (!hurry && process.wasForced) this.#slow.push(process);
  }

  /** What no case has told: who ended while none was at it, and who did not end as section 15 says. Asked when all are stopped. */
  async endings(): Promise<Endings> {
    const crashed = this.#all.filter((process) => process.crashed && !process.isMourned);
    const odd = this.#all.filter(({ farewell }) => farewell !== undefined && farewell.code !== 0);
    const [slow] = this.#slow;
    const sentences = [
      ...(await Promise.all(crashed.map((process) => process.obituary()))),
      ...odd.map(({ farewell, said }) => {
        const how = farewell?.signal ?? `exit code ${farewell?.code}`;
        return `When its input ended the peer's program ended with ${how}, and should with exit code 0. ${said}`;
      }),
    ];
    const [first] = sentences;
    const more = sentences.length - TOLD;
    const told = [...sentences.slice(0, TOLD), ...(more > 0 ? [`So did ${more} more.`] : [])].join("\n");
    return {
      failure: first === undefined ? undefined : new Failure(told, crashed.length === 0 ? undefined : "CHAN-004.2"),
      warning: slow && `The peer's program did not end when its input did, and had to be killed. ${slow.said}`,
    };
  }
}
