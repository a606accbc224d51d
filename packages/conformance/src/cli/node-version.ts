/**
 * Which Node the suite runs on. It is asked before anything else is imported, so nothing here needs more than an old one has.
 *
 * @module
 */

/** The oldest Node that has all that the suite uses; the field `engines` of its package says the same. */
export const OLDEST_NODE = "22.18";

/** What to say on this version of Node, such as `20.19.0`; undefined where it is new enough. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `turnmux-conformance needs Node ${OLDEST_NODE} or newer, and this is Node ${version}.`;
}
