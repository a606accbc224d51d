/** The conformance suite of turnmux: what its parts are for, see README.md. */
export * from "./wire/constants.ts";
export { type Frame, frameName, type HeaderValue, type RawFrame, type RawRow, WireError } from "./wire/frame.ts";
