// Whole histories: calls while connections are cut as a seed says, and while the process that runs them is killed.

import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { newKey } from "../../harness/calls.ts";
import type { GatewayProcess } from "../../harness/targets.ts";
import { LastingClient } from "../../history/lasting-client.ts";
import { LastingGateway } from "../../history/lasting-gateway.ts";
import { FaultyProxy, type Fault } from "../../history/proxy.ts";
import { countedOf, numberOf, Recording, type Workload } from "../../history/workload.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";

/** Time for a journal to have an ending on disk of which the caller was told already. */
const RECORD_MS = 100;

const CUTS: readonly [Fault, ...Fault[]] = ["cut between", "cut within", "swallow", "delay"];

/** Callers at once, each of which may have a call under way when the process dies, and makes it again. */
const CALLERS = 4;
/** How often the suite's gateway dies. */
const DEATHS = 2;

const Value = z.object({ value: z.number() });

/** The gateway under test behind a proxy, and the suite's client on the other side of it. */
async function behindProxy(
  t: Context,
  recording: Recording,
  gateway: GatewayProcess,
  options: { readonly after: readonly [number, number] },
): Promise<{ readonly client: LastingClient; readonly proxy: FaultyProxy }> {
  const url = new URL(t.urlOf(gateway.urls));
  // A host that wraps messages finds out by their numbers that one is missing; nobody else may lose any.
  const faults: readonly [Fault, ...Fault[]] = t.way === "wrapped" ? [...CUTS, "lose"] : CUTS;
  const proxy = await FaultyProxy.open({
    host: url.hostname,
    port: Number(url.port),
    random: t.random,
    faults,
    after: options.after,
    losesTowards: "server",
    ondisturb: (what) => recording.add({ type: "disturbed", what }),
  });
  t.afterwards(() => proxy.close());
  return { client: await LastingClient.open(t, () => proxy.url(url.href)), proxy };
}

function workloadOf(client: LastingClient): Workload {
  return {
    callers: CALLERS,
    calls: 16,
    count: ({ key, counter, by, holdMs }) =>
      client.call({ tool: "test.count", key, input: { counter, by, holdMs }, deadlineMs: 60_000 }),
    valueOf: (value) => Value.safeParse(value).data?.value,
  };
}

async function countAll(client: LastingClient, recording: Recording): Promise<void> {
  for (const counter of recording.counters) {
    recording.add(countedOf(counter, await client.call({ tool: "test.counted", input: { counter } })));
  }
}

check({
  id: "delivery.exactly-once-over-cuts",
  title: "connections that are cut, held back and swallowed lose nothing, double nothing and reorder nothing",
  covers: ["DELIV-001", "DELIV-004.1", "DELIV-006.1"],
  role: "gateway",
  needs: ["command", "delivery"],
  limits: "quick",
  async run(t) {
    const recording = new Recording(t);
    const gateway = await t.ownGateway({ resumeWindowMs: t.ms(10_000) });
    const { client, proxy } = await behindProxy(t, recording, gateway, { after: [6, 20] });
    await recording.run({
      ...workloadOf(client),
      stream: (items, onitem) =>
        client.call({ tool: "test.stream", input: { items, size: 300 } }, (item) =>
          onitem(numberOf("test.stream", item)),
        ),
    });
    proxy.heal();
    await countAll(client, recording);
    recording.judge();
  },
});

check({
  id: "delivery.exactly-once-over-deaths",
  title:
    "what was told before the gateway was killed stays true, nothing runs twice, and only what ran then is unknown",
  covers: ["KEY-001", "KEY-007.1", "KEY-007.2"],
  role: "gateway",
  needs: ["command", "delivery"],
  limits: "quick",
  async run(t) {
    const recording = new Recording(t);
    const gateway = await t.ownGateway({ resumeWindowMs: t.ms(10_000) });
    const { client, proxy } = await behindProxy(t, recording, gateway, { after: [20, 60] });
    let deaths: Promise<void> = Promise.resolve();
    const die = async (): Promise<void> => {
      const before = recording.events.length;
      await wait(t.ms(RECORD_MS));
      // What is claimed behind it shows that the journal has come so far.
      await client.call({ tool: "test.count", key: newKey(), input: { counter: newKey() }, deadlineMs: 60_000 });
      recording.add({ type: "recorded", before });
      recording.add({ type: "died" });
      await gateway.process.kill();
      await gateway.restart();
    };
    const at = t.random.integer(5, 15);
    await recording.run({
      ...workloadOf(client),
      ontold: (told) => {
        if (told !== at) return;
        deaths = die();
        // It is awaited where the calls are over, and those may fail first.
        deaths.catch(() => {});
      },
    });
    await deaths;
    proxy.heal();
    await recording.repeat(workloadOf(client), 6);
    await countAll(client, recording);
    recording.judge({ failures: 2 * CALLERS, requirement: "KEY-007.1" });
  },
});

/** The client under test behind a proxy, and the suite's gateway on the other side of it. */
async function clientBehindProxy(
  t: Context,
  recording: Recording,
): Promise<{ readonly gateway: LastingGateway; readonly proxy: FaultyProxy }> {
  const [host = "", port] = t.audience.split(":");
  const proxy = await FaultyProxy.open({
    host,
    port: Number(port),
    random: t.random,
    faults: CUTS,
    // A client may give up where its very first handshake is cut.
    after: [8, 24],
    ondisturb: (what) => recording.add({ type: "disturbed", what }),
  });
  t.afterwards(() => proxy.close());
  const process = await t.ownClient(`127.0.0.1:${proxy.port}`);
  return { gateway: await LastingGateway.open(t, process), proxy };
}

function workloadOfClient(gateway: LastingGateway): Workload {
  return {
    callers: CALLERS,
    calls: 24,
    count: (call) => gateway.count(call),
    valueOf: (value) => Value.safeParse(value).data?.value,
  };
}

check({
  id: "delivery.client-exactly-once-over-cuts",
  title:
    "a client whose connections are cut, held back and swallowed loses nothing, doubles nothing and reorders nothing",
  covers: ["DELIV-001", "DELIV-004.1", "DELIV-006.1"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const recording = new Recording(t);
    const { gateway } = await clientBehindProxy(t, recording);
    await recording.run({
      ...workloadOfClient(gateway),
      stream: (items, onitem) => gateway.stream(items, onitem),
    });
    for (const counter of recording.counters) recording.add(gateway.counted(counter));
    recording.judge();
  },
});

check({
  id: "delivery.client-exactly-once-over-deaths",
  title:
    "a client opens its calls again with their keys when the gateway has died, and tells its application no more than is known",
  covers: ["DELIV-001", "DELIV-004.1"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const recording = new Recording(t);
    const { gateway } = await clientBehindProxy(t, recording);
    let deaths = 0;
    await recording.run({
      ...workloadOfClient(gateway),
      ontold: (told) => {
        if (told % 9 !== 5 || ++deaths > DEATHS) return;
        recording.add({ type: "recorded", before: recording.events.length });
        recording.add({ type: "died" });
        gateway.die();
      },
    });
    await recording.repeat(workloadOfClient(gateway), 6);
    for (const counter of recording.counters) recording.add(gateway.counted(counter));
    recording.judge({ failures: 2 * CALLERS * DEATHS });
  },
});
