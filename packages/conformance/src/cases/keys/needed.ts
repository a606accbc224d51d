/**
 * Which calls have a key (KEY-011, KEY-012).
 *
 * @module
 */
import { newKey } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { endedWith } from "../support.ts";
import { count, counted, newCounter } from "./support.ts";

check({
  id: "keys.call-without-a-key",
  title: "a call of a once tool without a key is refused, and does not run",
  covers: ["KEY-011"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const counter = newCounter();
    const bare = await t.open(session, { tool: "test.count", input: { counter } });
    endedWith(t, await bare.ended(), { code: "invalid_argument", outcome: "not_started", clause: "KEY-011" });
    t.equal((await counted(t, session, counter)).runs, 0, "How often it ran", "KEY-011");
    const { code } = await (await count(t, session, { key: newKey(), counter })).ended();
    t.equal(code, "ok", "How the same call with a key ends", "KEY-011");
  },
});

for (const [name, tool] of [
  ["once", "suite.once"],
  ["not-offered", "suite.nowhere"],
] as const) {
  check({
    id: `keys.drawn-for-${name}`,
    title: `a caller gives each call of a tool that is ${name === "once" ? "once" : "not offered"} a key of its own, where the application gives none`,
    covers: ["KEY-012"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const keys = new Set<string>();
      for (let call = 0; call < 2; call++) {
        const incoming = await (await t.peerCalls(session, { tool, input: {} })).incoming();
        const { key } = incoming.open;
        t.expect(key !== undefined, `The OPEN of ${tool} has no key.`, "KEY-012");
        if (key !== undefined) keys.add(key);
        await incoming.end("done");
      }
      t.equal(keys.size, 2, "How many different keys two calls have", "KEY-012");
    },
  });
}
