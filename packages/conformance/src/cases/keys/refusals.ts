/**
 * A journal that refuses (KEY-009).
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { newKey } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Outcome } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { count, mortal, newCounter, offered, ran } from "./support.ts";

async function refuse(t: Context, session: Session, what: "claims" | "endings" | "nothing"): Promise<void> {
  const ending = await (await t.open(session, { tool: "test.journal", input: { refuse: what } })).ended();
  t.equal(offered(ending, "test.journal").value, "refusing", "The result of test.journal");
}

check({
  id: "keys.claim-refused",
  title: "a call that the journal does not take does not run, and may be made again",
  covers: ["KEY-001"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const session = await (await mortal(t)).session();
    const [key, counter] = [newKey(), newCounter()];
    await refuse(t, session, "claims");
    const refused = await (await count(t, session, { key, counter })).ended();
    endedWith(t, refused, { code: "unavailable", outcome: "not_started", clause: "KEY-001" });
    await ran(t, session, counter, { runs: 0, clause: "KEY-001" });
    await refuse(t, session, "nothing");
    const { code, value } = await (await count(t, session, { key, counter })).ended();
    t.equal([code, value], ["ok", { value: 1 }], "What the call gets when the journal takes it", "KEY-001");
  },
});

check({
  id: "keys.ending-refused",
  title: "an ending that the journal refuses is told as it is, and replayed to whoever comes with the key",
  covers: ["KEY-009.1", "KEY-009.2"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const session = await (await mortal(t)).session();
    const [good, bad, counter] = [newKey(), newKey(), newCounter()];
    const input = { how: "error", code: 9, outcome: Outcome.completed, message: "half of it" };
    await refuse(t, session, "endings");
    for (let times = 0; times < 3; times++) {
      const clause = times === 0 ? "KEY-009.1" : "KEY-009.2";
      const { code, value } = await (await count(t, session, { key: good, counter, by: 6 })).ended();
      t.equal([code, value], ["ok", { value: 6 }], `What call ${times + 1} gets`, clause);
      const failed = await (await t.open(session, { tool: "test.failOnce", key: bad, input })).ended();
      endedWith(t, failed, { code: "failed_precondition", outcome: "completed", clause });
      t.equal(failed.message, "half of it", `The message of call ${times + 1}`, clause);
    }
    await ran(t, session, counter, { runs: 1, clause: "KEY-009.2" });
    const other = await (await count(t, session, { key: good, counter: newCounter() })).ended();
    endedWith(t, other, { code: "already_exists", outcome: "not_started", clause: "KEY-003" });
  },
});

check({
  id: "keys.ending-recorded-later",
  title: "an ending that the journal refused is recorded when it takes endings again",
  covers: ["KEY-009.2"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const session = await peer.session();
    const [key, counter] = [newKey(), newCounter()];
    await refuse(t, session, "endings");
    await (await count(t, session, { key, counter, by: 6 })).ended();
    await refuse(t, session, "nothing");
    // An ending that is taken shows that others would be.
    await (await count(t, session, { key: newKey(), counter: newCounter() })).ended();
    await wait(t.ms(1_500));
    await peer.die();
    const after = await peer.session({ label: "after" });
    const { code, value } = await (await count(t, after, { key, counter, by: 6 })).ended();
    t.equal([code, value], ["ok", { value: 6 }], "What the repetition gets behind a crash", "KEY-009.2");
    await ran(t, after, counter, { runs: 1, clause: "KEY-009.2" });
  },
});

check({
  id: "keys.freeing-refused",
  title: "a key whose ending would free it is refused until the journal knows, and is free then",
  covers: ["KEY-009.1", "KEY-009.3"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const session = await (await mortal(t)).session();
    const [key, counter] = [newKey(), newCounter()];
    const failing = { tool: "test.failOnce", key, input: { how: "error", outcome: Outcome.failed } };
    await refuse(t, session, "endings");
    const first = await (await t.open(session, failing)).ended();
    endedWith(t, first, { code: "failed_precondition", outcome: "failed", clause: "KEY-009.1" });
    for (let times = 0; times < 2; times++) {
      const meanwhile = await (await t.open(session, failing)).ended();
      endedWith(t, meanwhile, { code: "unavailable", outcome: "not_started", clause: "KEY-009.3" });
    }
    await refuse(t, session, "nothing");
    for (let times = 0; times < 20; times++) {
      const ending = await (await count(t, session, { key, counter })).ended();
      if (ending.ok) return t.equal(ending.value, { value: 1 }, "What the key's next call gets", "KEY-009.3");
      // Until the journal knows.
      endedWith(t, ending, { code: "unavailable", outcome: "not_started", clause: "KEY-009.3" });
      await wait(t.ms(100));
    }
    t.expect(false, "The key is still refused though the journal takes endings again.", "KEY-009.3");
  },
});
