import { expect, it } from "vitest";
import { HELP, readOptions } from "../src/options.ts";
import { PLANTS } from "../src/plants.ts";

it("kills two hundred processes, over so many seconds that they get something done in between", () => {
  expect(readOptions([])).toMatchObject({ kills: 200, clients: 3, durationMs: 240_000, keep: false, plants: [] });
  expect(readOptions(["--quick"])).toMatchObject({ kills: 6, clients: 2 });
  expect(readOptions(["--quick", "--kills", "3", "--duration", "9"])).toMatchObject({ kills: 3, durationMs: 9_000 });
});

it("takes the seed that it is given, and another one each time otherwise", () => {
  expect(readOptions(["--seed", "7"]).seed).toBe(7);
  expect(readOptions([]).seed).not.toBe(readOptions([]).seed);
});

it("says what is wrong with an argument", () => {
  expect(() => readOptions(["--kills", "many"])).toThrow("--kills is a whole number from 0 to 100000");
  expect(() => readOptions(["--clients", "0"])).toThrow("--clients is a whole number from 1 to 64");
  expect(() => readOptions(["--plant", "tulip"])).toThrow("there are memory-journal, ");
});

it("names every planted fault in its help", () => {
  for (const name of Object.keys(PLANTS)) expect(HELP).toContain(`  ${name} `);
});
