/**
 * Values of every kind, to and fro.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import type { Value } from "../../wire/body.ts";
import { fails, settle } from "./support.ts";

const OCTETS = Uint8Array.from({ length: 256 }, (_, i) => i);

const VALUES: Readonly<Record<string, readonly Value[]>> = {
  constants: [null, true, false],
  numbers: [0, 1, -1, 0.1, -273.15, 1e300, 5e-324, 2 ** 53 - 1, -(2 ** 53 - 1), 1e21],
  strings: ["", "a", "\u0000", "line\nline", '"quoted" \\', "äöü €", "\u{1f600}", "\u2028", "x".repeat(100_000)],
  arrays: [[], [1, "two", null, [3, [4, []]]], Array.from({ length: 2_000 }, (_, i) => i)],
  objects: [
    {},
    { a: 1, "": 2, "with space": { deep: { deeper: [true] } } },
    { constructor: 1, toString: "x", length: 3 },
  ],
  octets: [new Uint8Array(0), OCTETS, new Uint8Array(70_000)],
  "octets-inside": [[OCTETS], { name: "blob", data: OCTETS, more: [{ data: new Uint8Array(0) }] }],
};

for (const [name, values] of Object.entries(VALUES)) {
  check({
    id: `behaviour.values-${name}`,
    title: `${name.replaceAll("-", " ")} come back as they were`,
    covers: ["CONT-001"],
    role: "behaviour",
    async run(t) {
      const local = await t.local();
      for (const value of values) {
        const settled = await settle(local, { tool: "test.echo", input: value });
        t.expect(settled.ok, `The call failed: ${settled.code} ${settled.message ?? ""}`, "CONT-001");
        t.equal(settled.value, value, "The value", "CONT-001");
      }
    },
  });
}

check({
  id: "behaviour.no-value",
  title: "a value that is absent stays absent",
  covers: ["CONT-001"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const settled = await settle(local, { tool: "test.echo" });
    t.equal([settled.ok, "value" in settled], [true, false], "Whether there is a value", "CONT-001");
  },
});

check({
  id: "behaviour.values-of-many-calls",
  title: "each of many calls that are under way together gets its own result",
  covers: ["CALL-004"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const calls = Array.from({ length: 100 }, (_, n) => local.call({ tool: "test.echo", input: { n } }));
    for (const [n, call] of calls.entries()) t.equal((await call.settled()).value, { n }, "The result", "CALL-004");
  },
});

check({
  id: "behaviour.values-nested-too-deep",
  title: "a value that is nested deeper than 64 is refused where it is given, and nothing runs",
  covers: ["CONT-004.2"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    let value: Value = 1;
    for (let i = 0; i < 70; i++) value = [value];
    await fails(t, local, { tool: "test.echo", input: value }, ["invalid_argument", "not_started"], "CONT-004.2");
  },
});
