/**
 * Tools that the client implements, for browsers. In Node it is there anyhow.
 *
 * @module
 */

/** For the option `parts`: then `session.implement()` offers tools to the gateway, and runs them. */
export { implementingPart as implementing } from "./parts.ts";
