/**
 * What a process with a mutant and whoever starts it have to agree on.
 *
 * @module
 */

/** The environment variable that names the mutant. */
export const MUTANT_VARIABLE = "TURNMUX_MUTANT";

/** The exit code of a process whose mutant does not fit. */
export const EXIT_MISFIT = 70;
