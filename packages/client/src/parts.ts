/**
 * Parts of the client that a browser loads only where an application imports them. In Node all of them are there.
 *
 * @module
 */
import { OnceCalls, textCarriage, toolServer, wrappedCarriage } from "@turnmux/core";
import type { Carriage, Environment, Journal, TakesCalls } from "@turnmux/core";

/** For the option `parts`. What is in one is for this package alone. */
export interface ClientPart {
  readonly carriage?: Carriage | undefined;
  readonly implement?: ((journal: Journal | undefined, environment: Environment) => TakesCalls) | undefined;
}

/** Text carriage: `carriage: "text"`, and carriers that have it. */
export const textPart: ClientPart = { carriage: textCarriage };

/** Wrapped carriage: carriers that put turnmux's messages into those of a host. */
export const wrappedPart: ClientPart = { carriage: wrappedCarriage };

/** Runs the tools that `session.implement()` offers to the gateway. */
export const implementingPart: ClientPart = {
  implement: (journal, environment) =>
    toolServer({ once: journal === undefined ? undefined : new OnceCalls(journal, environment) }),
};

/** What Node has. */
export const ALL_PARTS: readonly ClientPart[] = [textPart, wrappedPart, implementingPart];
