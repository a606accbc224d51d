import { describe, expect, it } from "vitest";
import { ToolError, type Admission, type JournalVerdict } from "../../src/index.ts";
import { journalWith, SlowJournal } from "../support/journals.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import { ClientSide } from "../support/sides.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";
import type { World } from "../support/world.ts";

/** A further client of the same gateway. */
async function another(world: World): Promise<ClientSide> {
  const client = new ClientSide(world.time);
  const carriers = virtualCarriers(world.time);
  world.gatewaySide.accept(carriers.gateway);
  client.dial(carriers.client);
  await world.time.settle();
  return client;
}

describe("the journal", () => {
  it("gets the claims of one event-loop turn together", async () => {
    const journal = new SlowJournal();
    const { client, time } = await kitWorld({}, { journal });
    const calls = ["a", "b", "c"].map((key) => watch(client.client(kit).add(key, { key })));
    await time.settle();
    expect(journal.batches.map((claims) => claims.map(({ key }) => key))).toEqual([["a", "b", "c"]]);
    journal.answer();
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(['ok: "a"', 'ok: "b"', 'ok: "c"']);
  });

  it("has the call before ACCEPT is sent and the handler runs", async () => {
    const journal = new SlowJournal();
    const { handler, runs } = gate();
    const { client, time } = await kitWorld({ add: handler }, { journal });
    const accepted: unknown[] = [];
    watch(client.client(kit).add(1, { onAccept: ({ state }) => accepted.push(state) }));
    await time.advance(1_000);
    expect([accepted, runs()]).toEqual([[], 0]);
    journal.answer();
    await time.settle();
    expect([accepted, runs()]).toEqual([["running"], 1]);
  });

  it.each<[string, Partial<Parameters<typeof journalWith>[0]>]>([
    ["rejects", { claim: () => Promise.reject(new Error("the disk is gone")) }],
    [
      "throws",
      {
        claim: () => {
          throw new Error("the disk is gone");
        },
      },
    ],
    ["answers too little", { claim: () => Promise.resolve([]) }],
    ["answers nonsense", { claim: () => Promise.resolve(JSON.parse("null")) }],
  ])("that %s lets no call run, and none hang", async (_how, more) => {
    const { handler, runs } = gate();
    const { client, time, once } = await kitWorld({ add: handler }, { journal: journalWith(more) });
    const calls = [1, 2].map((n) => watch(client.client(kit).add(n)));
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["unavailable, not_started", "unavailable, not_started"]);
    expect(calls[0]?.error?.retryable).toBe(true);
    expect([runs(), once.running]).toEqual([0, 0]);
  });

  it("that is full refuses, with a time to come back", async () => {
    const full: JournalVerdict = { kind: "full", message: "no room", retryAfterMs: 700 };
    const claim = (): Promise<JournalVerdict[]> => Promise.resolve([full]);
    const { client, time } = await kitWorld({}, { journal: journalWith({ claim }) });
    const call = watch(client.client(kit).add(1));
    await time.settle();
    expect(call.said).toBe("resource_exhausted, not_started");
    expect(call.error?.retryAfterMs).toBe(700);
  });

  it("with a record that cannot be read costs that call alone", async () => {
    const broken: JournalVerdict = {
      kind: "settled",
      ending: { code: 0, body: { content: 1, octets: new Uint8Array([123]) } },
    };
    const claim = (): Promise<JournalVerdict[]> => Promise.resolve([broken, { kind: "claimed" }]);
    const { client, time, once } = await kitWorld({}, { journal: journalWith({ claim }) });
    const calls = [1, 2].map((n) => watch(client.client(kit).add(n)));
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["data_loss, unknown", "ok: 2"]);
    expect(once.running).toBe(0);
  });

  it("that records no ending keeps no result from its caller", async () => {
    const settle = (): Promise<void> => Promise.reject(new Error("the disk is gone"));
    const { client, time, once } = await kitWorld({}, { journal: journalWith({ settle }) });
    const call = watch(client.client(kit).add(1));
    await time.settle();
    expect(call.said).toBe("ok: 1");
    expect(once.running).toBe(0);
  });

  it("records a tool error whose details are no value, without them", async () => {
    const { client, time, once } = await kitWorld({
      add: () => {
        throw new ToolError("aborted", "Half done.", { outcome: "unknown", details: JSON.parse('{"a":1}', () => 1n) });
      },
    });
    const first = watch(client.client(kit).add(1, { key: "k" }));
    const joined = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    const replayed = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect([first, joined, replayed].map(({ said }) => said)).toEqual(Array(3).fill("aborted, unknown"));
    expect(once.running).toBe(0);
  });
});

describe("a call whose deadline is over", () => {
  it("was not started where the journal says that its key is new, and something around the handler held it", async () => {
    const { handler, runs } = gate();
    const { client, time } = await kitWorld({ add: handler }, { gatewayInterceptors: [() => never()] });
    const call = watch(client.client(kit).add(1, { timeoutMs: 100 }));
    await time.advance(100);
    expect([call.said, runs()]).toEqual(["deadline_exceeded, not_started", 0]);
  });

  it("may have run before, as far as is known, where the journal has not answered", async () => {
    const { client, time } = await kitWorld({}, { journal: new SlowJournal() });
    const call = watch(client.client(kit).add(1, { timeoutMs: 100 }));
    await time.advance(100);
    expect(call.said).toBe("deadline_exceeded, unknown");
  });
});

describe("a call that is cancelled while its key is claimed", () => {
  it("does not start, and leaves the key free", async () => {
    const journal = new SlowJournal();
    const { client, time } = await kitWorld({}, { journal });
    const leaving = new AbortController();
    const call = watch(client.client(kit).add("a", { key: "k", signal: leaving.signal }));
    await time.settle();
    leaving.abort();
    await time.settle();
    journal.answer();
    await time.settle();
    expect(call.said).toBe("cancelled, not_started");
    // Other arguments: the key is as if it had never been used.
    const again = watch(client.client(kit).add("b", { key: "k" }));
    await time.settle();
    journal.answer();
    await time.settle();
    expect(again.said).toBe('ok: "b"');
  });

  it("leaves those that come with its key meanwhile to run", async () => {
    const journal = new SlowJournal();
    const { client, time } = await kitWorld({}, { journal });
    const leaving = new AbortController();
    const first = watch(client.client(kit).add("a", { key: "k", signal: leaving.signal }));
    await time.settle();
    leaving.abort();
    await time.settle();
    const second = watch(client.client(kit).add("a", { key: "k" }));
    await time.settle();
    journal.answer();
    await time.settle();
    journal.answer();
    await time.settle();
    expect([first.said, second.said]).toEqual(["cancelled, not_started", 'ok: "a"']);
  });
});

describe("a key", () => {
  it("joins callers of different sessions of one principal, and goes on when the first session ends", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler }, { reconnects: false });
    const other = await another(world);
    const first = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    const states: string[] = [];
    const second = watch(other.session.client(kit).add(1, { key: "k", onAccept: ({ state }) => states.push(state) }));
    await world.time.settle();
    void world.client.close();
    await world.time.settle();
    open("added");
    await world.time.settle();
    expect([first.said, second.said]).toEqual(["cancelled, unknown", 'ok: "added"']);
    expect([states, runs()]).toEqual([["joined"], 1]);
  });

  it("of another principal is another key", async () => {
    let principal = "alice";
    const admission = (): Admission => ({ kind: "vouched", grant: { principal, scopes: ["write"] } });
    const seen: string[] = [];
    const world = await kitWorld({ add: (_input, call) => seen.push(call.principal) }, { admission });
    principal = "bob";
    const bob = await another(world);
    watch(world.client.client(kit).add(1, { key: "k" }));
    watch(bob.session.client(kit).add(2, { key: "k" }));
    await world.time.settle();
    expect(seen).toEqual(["alice", "bob"]);
  });

  it("is neither joined nor replayed by whom the scopes do not allow the tool any more", async () => {
    const { handler, open } = gate();
    const world = await kitWorld({ add: handler });
    const first = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    world.gatewaySide.latest.control.setScopes([]);
    const joining = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    open("secret");
    await world.time.settle();
    const replaying = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    expect(first.said).toBe('ok: "secret"');
    expect([joining.said, replaying.said]).toEqual(Array(2).fill("permission_denied, not_started"));
  });

  it("whose last caller's deadline is over runs on, and replays what came of it", async () => {
    const { handler, open, runs } = gate();
    const { client, time } = await kitWorld({ add: handler });
    const call = watch(client.client(kit).add(1, { key: "k", timeoutMs: 100 }));
    await time.advance(100);
    expect(call.said).toBe("deadline_exceeded, unknown");
    open("added");
    await time.settle();
    const again = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect([again.said, runs()]).toEqual(['ok: "added"', 1]);
  });
});
