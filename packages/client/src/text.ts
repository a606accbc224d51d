/**
 * Text carriage, for browsers: turnmux's messages as JSON text. In Node it is there anyhow.
 *
 * @module
 */

/** For the option `parts`: then `carriage: "text"` can be asked for, and carriers may have it. */
export { textPart as textCarriage } from "./parts.ts";
