import { describe } from "vitest";
import { callCases } from "./cases/calls.ts";
import { endingCases } from "./cases/endings.ts";
import { itemCases } from "./cases/items.ts";
import { laneCases } from "./cases/lanes.ts";
import { onceCases } from "./cases/once.ts";
import type { WorldKind } from "./worlds/pair.ts";

/** What must be so however two sides are connected. */
export function behaviours(kind: WorldKind): void {
  describe(kind.name, () => {
    describe("calls", () => callCases(kind));
    describe("endings", () => endingCases(kind));
    describe("items", () => itemCases(kind));
    describe("lanes", () => laneCases(kind));
    describe("once", () => onceCases(kind));
  });
}
