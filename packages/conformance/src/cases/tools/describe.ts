/**
 * `turnmux.describe` (TOOL-004).
 *
 * @module
 */
import { z } from "zod";
import { KEYS } from "../../harness/keys.ts";
import { check } from "../../suite/case.ts";
import { Effect } from "../../wire/constants.ts";
import { describe, Schema } from "./support.ts";

check({
  id: "tools.described-as-offered",
  title: "turnmux.describe tells of each tool that is offered, and of no other, what OFFER says of it",
  covers: ["TOOL-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const described = await describe(t, session, {});
    await session.roundTrip();
    t.equal([...described.keys()].toSorted(), [...session.offered.keys()].toSorted(), "The tools", "TOOL-004");
    for (const [name, tool] of described) {
      const offer = session.offered.get(name);
      t.equal(Effect[tool.effect], offer?.effect, `The effect of ${name}`, "TOOL-004");
      t.equal(tool.streams, offer?.streams ?? false, `Whether ${name} sends items`, "TOOL-004");
      if (offer?.revision !== undefined) t.equal(tool.revision, offer.revision, `The revision of ${name}`, "TOOL-004");
    }
    t.equal(described.get("test.stream")?.streams, true, "Whether test.stream sends items", "TOOL-004");
  },
});

check({
  id: "tools.described-on-demand",
  title: "turnmux.describe tells only of the tools that are asked for, of those that there are",
  covers: ["TOOL-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const described = await describe(t, session, { tools: ["test.echo", "test.nobody", "test.count"] });
    t.equal([...described.keys()].toSorted(), ["test.count", "test.echo"], "The tools", "TOOL-004");
    t.equal((await describe(t, session, { tools: [] })).size, 0, "How many tools there are of none", "TOOL-004");
  },
});

check({
  id: "tools.described-schemas",
  title: "turnmux.describe has JSON Schemas of what the contracts say of arguments, results, items and progress",
  covers: ["TOOL-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const described = await describe(t, session, {});
    const properties = (schema: unknown): readonly string[] => {
      const parsed = z.looseObject({ type: z.literal("object"), properties: Schema }).safeParse(schema);
      return parsed.success ? Object.keys(parsed.data.properties).toSorted() : [];
    };
    const count = described.get("test.count");
    t.equal(
      properties(count?.input),
      ["by", "counter", "holdMs", "mark"],
      "Properties of the arguments of test.count",
      "TOOL-004",
    );
    t.equal(properties(count?.output), ["value"], "Properties of the result of test.count", "TOOL-004");
    const stream = described.get("test.stream");
    t.equal(properties(stream?.item), ["n", "pad"], "Properties of the items of test.stream", "TOOL-004");
    t.equal(
      properties(described.get("test.slow")?.progress),
      ["n"],
      "Properties of the progress of test.slow",
      "TOOL-004",
    );
    t.equal(count?.item, undefined, "The schema of items of test.count", "TOOL-004");
    t.equal(count?.verify, "test.counted", "The tool that tells whether a call of test.count took effect", "TOOL-004");
  },
});

check({
  id: "tools.described-as-the-scopes-allow",
  title: "turnmux.describe tells of a tool only where the caller may call it",
  covers: ["TOOL-004"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const input = { tools: ["test.secret"] };
    const narrow = await describe(t, await t.session({ label: "narrow" }), input);
    t.equal(narrow.size, 0, "Tools beyond the scopes", "TOOL-004");
    const wide = await describe(t, await t.session({ label: "wide", hello: { key: KEYS.wide } }), input);
    t.equal(wide.size, 1, "Tools within the scopes", "TOOL-004");
  },
});
