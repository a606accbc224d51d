/**
 * The limit of the browser client's size.
 *
 * @module
 */
import type { BundleSize } from "./bundle.ts";

/** What the client is to come to in the end, in octets, minified and gzipped. */
export const CLIENT_TARGET: number = 20 * 1_024;

/**
 * What the client may have at present, in octets, minified and gzipped. It is there so that nobody adds to it without
 * noticing: lower it after each cut; raise it only for something that is worth its octets.
 */
export const CLIENT_LIMIT: number = 54_500;

/** Modules that are named where a bundle is too large. */
const NAMED = 10;

/** A sentence with the largest modules where the bundle is larger than `limit` octets; undefined where it is not. */
export function overLimit({ gzipped, modules }: BundleSize, limit: number): string | undefined {
  if (gzipped <= limit) return undefined;
  const largest = modules.slice(0, NAMED).map(({ path, minified }) => `${path} ${grouped(minified)}`);
  return (
    `The browser client has ${grouped(gzipped)} octets, minified and gzipped, which is ${grouped(gzipped - limit)} more than ` +
    `its limit of ${grouped(limit)}. Its largest modules, minified: ${largest.join(", ")}.`
  );
}

function grouped(octets: number): string {
  return octets.toLocaleString("en-US");
}
