/**
 * Content: how values become octets, and what is no body (section 9).
 *
 * @module
 */
import "./bodies.ts";
import "./sending.ts";
