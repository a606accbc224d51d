/**
 * What the clients' process can be asked for.
 *
 * @module
 */
import type { LoadActions } from "../../load.ts";

/** See the module's comment. */
export type SessionsActions = LoadActions & {
  /** Opens connections until there are so many. */
  readonly grow: (count: number) => Promise<void>;
};
