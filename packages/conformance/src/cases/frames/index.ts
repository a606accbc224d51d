/**
 * Frames: their octets, their headers, and how long they may be (section 2).
 *
 * @module
 */
import "./form.ts";
import "./headers.ts";
import "./sizes.ts";
