/**
 * What clients prove themselves with, in this run alone.
 *
 * @module
 */

/** The secret of a client. Nobody else can reach the gateway of a run, which listens on this machine's loopback only. */
export function secretOf(client: string): string {
  return `the secret of ${client}, for the length of a run`;
}
