import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FOLDER, vectorFiles } from "./files.ts";

const COMMAND = "node --conditions=turnmux-source packages/conformance/test/vectors/write.ts";

test.each(Object.entries(vectorFiles()))("%s is as its generator makes it", (name, text) => {
  const checkedIn = readFileSync(new URL(name, FOLDER), "utf8");
  expect(checkedIn === text, `It is not. ${COMMAND} writes it anew.`).toBe(true);
});

test("no other file of vectors is there", () => {
  const found = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  expect(found.toSorted()).toEqual(Object.keys(vectorFiles()).toSorted());
});
