/**
 * What the driver and its programs say to each other, over the channel that Node opens for a forked process.
 *
 * @module
 */

/** What the driver tells a program: what to do. Each is answered once, under its number. */
export interface ToProgram {
  readonly id: number;
  readonly action: string;
  readonly argument?: unknown;
}

/** What a program tells the driver. */
export type FromProgram =
  /** It can be used. */
  | { readonly say: "ready"; readonly value?: unknown }
  /** What came of an action. */
  | { readonly say: "done"; readonly id: number; readonly value?: unknown }
  | { readonly say: "failed"; readonly id: number; readonly message: string };
