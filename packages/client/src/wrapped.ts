/**
 * Wrapped carriage, for browsers: turnmux's messages inside a host's own. In Node it is there anyhow.
 *
 * @module
 */

/** For the option `parts`: then the carriers of `attach` may have wrapped carriage. */
export { wrappedPart as wrappedCarriage } from "./parts.ts";
