/**
 * The cron service: jobs that outlive the process, and the timers that run them.
 *
 * @module
 */

import { Cron } from "croner";
import { nanoid } from "nanoid";
import type { Job, JobSpec } from "./job.ts";
import { JobStore, type StoredJob } from "./store.ts";

/** Called when a job is due, and when `run` is asked for. */
export type OnDue = (job: StoredJob) => void;

/** Keeps jobs in a {@link JobStore} and a timer for each. Owns both; `close` ends them. */
export class CronService {
  readonly #store: JobStore;
  readonly #timers = new Map<string, Cron>();
  readonly #onDue: OnDue;

  /** Opens the database file and schedules what is in it. */
  constructor(file: string, onDue: OnDue) {
    this.#store = new JobStore(file);
    this.#onDue = onDue;
    for (const job of this.#store.all()) this.#schedule(job.id, job.schedule);
  }

  /** Creates a job: a second one, when it is called twice. */
  add(spec: JobSpec): { id: string } {
    const id = `job_${nanoid(10)}`;
    this.#store.insert(id, spec);
    this.#schedule(id, spec.schedule);
    return { id };
  }

  /** All jobs, oldest first. */
  list(): Job[] {
    return this.#store.all().map((job) => ({
      ...job,
      nextRun: this.#timers.get(job.id)?.nextRun()?.toISOString() ?? null,
    }));
  }

  /** Removes a job, and says whether there was one. */
  remove(id: string): { removed: boolean } {
    this.#timers.get(id)?.stop();
    this.#timers.delete(id);
    return { removed: this.#store.remove(id) };
  }

  /** Runs a job now, whatever its schedule, and says whether there is one. */
  run(id: string): { ran: boolean } {
    const job = this.#store.all().find((candidate) => candidate.id === id);
    if (job === undefined) return { ran: false };
    this.#store.ran(id);
    this.#onDue({ ...job, runs: job.runs + 1 });
    return { ran: true };
  }

  /** Stops every timer and closes the database. */
  close(): void {
    for (const timer of this.#timers.values()) timer.stop();
    this.#timers.clear();
    this.#store.close();
  }

  #schedule(id: string, schedule: string): void {
    this.#timers.set(id, new Cron(schedule, { unref: true, protect: true }, () => void this.run(id)));
  }
}
