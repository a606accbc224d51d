/**
 * Carriage: messages beside a host's, in their three forms (section 1). Attaching is with the handshake.
 *
 * @module
 */
import "./hosts.ts";
import "./messages.ts";
import "./text.ts";
