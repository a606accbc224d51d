/**
 * The two sides of a connection.
 *
 * @module
 */

/** Who sends, or reads. */
export type Side = "client" | "gateway";

/** The other one. */
export function otherThan(side: Side): Side {
  return side === "client" ? "gateway" : "client";
}
