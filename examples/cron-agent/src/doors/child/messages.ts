/**
 * What a turn's tool and its child process say to each other.
 *
 * @module
 */

export interface ChildCall {
  readonly id: number;
  readonly tool: string;
  readonly args: unknown;
  readonly key: string;
}

export type ChildReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
