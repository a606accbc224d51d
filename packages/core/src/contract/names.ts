/**
 * Names of tools (TOOL-001).
 *
 * @module
 */

/** Characters of a name: each is one octet. */
const namePattern = /^[A-Za-z0-9_.-]{1,64}$/;
const segmentPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Names that start with this belong to the protocol. */
export const reservedPrefix = "turnmux.";

/** Whether a name is one that the wire takes: 1 to 64 of `A-Z a-z 0-9 _ - .` (TOOL-001). */
export function isToolName(name: string): boolean {
  return namePattern.test(name);
}

/** Whether a name belongs to the protocol, such as `turnmux.describe`. */
export function isReservedName(name: string): boolean {
  return name.startsWith(reservedPrefix);
}

/** Whether a key can be one step of a dotted name. */
export function isNameSegment(segment: string): boolean {
  return segmentPattern.test(segment);
}

/**
 * The name as a model takes it, `^[a-zA-Z0-9_-]{1,64}$`: each `.` is `_`. Two names with the same alias cannot be offered
 * together (TOOL-001), so an adapter maps back by table.
 */
export function modelName(name: string): string {
  return name.replaceAll(".", "_");
}
