/** An I/O thread that ends by a fault, and its successor. */
import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import { createGateway, memoryJournal, type Gateway } from "@turnmux/gateway";
import { expect, it } from "vitest";
import { own, SECRET, tools } from "./support/tools.ts";

interface Bench {
  readonly gateway: Gateway;
  readonly client: ClientSession;
  readonly ran: string[];
  readonly logged: string[];
  /** Resolves when the handler of `hang` runs. */
  readonly hangs: Promise<unknown>;
  /** Lets it end. */
  readonly release: () => void;
  /** Ends the I/O thread. Resolves when the client is connected to its successor. */
  readonly kill: () => Promise<void>;
}

async function withBench(test: (bench: Bench) => Promise<void>): Promise<void> {
  const ran: string[] = [];
  const logged: string[] = [];
  const hangs = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  const log = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    logged.push(`${message}: ${String(fields?.["error"])}`);
  };
  const gateway = createGateway({ journal: memoryJournal(), logger: { debug() {}, info() {}, warn() {}, error: log } });
  gateway.addEventListener("session", ({ detail }) => {
    detail.session.implement(own, {
      mine: async () => {
        ran.push("mine");
        hangs.resolve(undefined);
        await release.promise;
        return "ended";
      },
    });
  });
  gateway.implement(tools, {
    echo: (input) => input,
    note: ({ text }) => ({ notes: ran.push(text) }),
    hang: async () => {
      ran.push("hang");
      hangs.resolve(undefined);
      await release.promise;
      return "ended";
    },
  });
  const auth = { module: new URL("./programs/fatal-auth.ts", import.meta.url), export: "method" };
  const endpoint = gateway.listen({ port: 0, auth, ioThread: true });
  try {
    await endpoint.ready;
    const client = await connect(endpoint.url, { auth: sharedToken(SECRET) });
    const kill = async (): Promise<void> => {
      const again = Promise.withResolvers<undefined>();
      client.addEventListener("state", ({ detail }) => {
        if (detail.state === "ready") again.resolve(undefined);
      });
      await connect(endpoint.url, { auth: sharedToken(SECRET, "fatal"), reconnect: false }).catch(() => {});
      await again.promise;
    };
    await test({ gateway, client, ran, logged, hangs: hangs.promise, release: () => release.resolve(undefined), kill });
    await client.close();
  } finally {
    release.resolve(undefined);
    await gateway.close();
  }
}

it(
  "lets a run under a key go on, and its caller join it at the successor",
  () =>
    withBench(async ({ client, ran, hangs, release, kill }) => {
      const states: string[] = [];
      const call = client.client(tools).hang({}, { key: "k", onAccept: ({ state }) => states.push(state) });
      await hangs;
      await kill();
      await client.client(tools).echo("the repetition was sent before this");
      release();
      await expect(call).resolves.toBe("ended");
      expect(states).toContain("joined");
      await expect(client.client(tools).hang({}, { key: "k" })).resolves.toBe("ended");
      expect(ran).toEqual(["hang"]);
    }),
  60_000,
);

it(
  "lets a run of a tool go on that its session had of its own, and its caller join it as one of the next session",
  () =>
    withBench(async ({ client, ran, hangs, release, kill }) => {
      const call = client.client(own).mine({}, { key: "k" });
      await hangs;
      await kill();
      await client.client(tools).echo("the repetition was sent before this");
      release();
      await expect(call).resolves.toBe("ended");
      expect(ran).toEqual(["mine"]);
    }),
  60_000,
);

it(
  "replays what was over before",
  () =>
    withBench(async ({ client, ran, kill }) => {
      const api = client.client(tools);
      await expect(api.note({ text: "a" }, { key: "k" })).resolves.toEqual({ notes: 1 });
      await kill();
      await expect(api.note({ text: "a" }, { key: "k" })).resolves.toEqual({ notes: 1 });
      expect(ran).toEqual(["a"]);
    }),
  60_000,
);

it(
  "logs why, ends its sessions, and takes others at the same port",
  () =>
    withBench(async ({ gateway, client, logged, kill }) => {
      // The answer is behind the session that it is of.
      await client.client(tools).echo(0);
      const closed = Promise.all([...gateway.sessions].map((session) => session.closed));
      const { id } = client;
      await kill();
      await expect(closed).resolves.toMatchObject([{ cause: "lost", code: "unavailable" }]);
      expect(client.id).not.toBe(id);
      expect(logged.join("\n")).toContain("this thread was to end");
      await expect(client.client(tools).echo(1)).resolves.toBe(1);
      expect(gateway.sessions.size).toBe(1);
    }),
  60_000,
);
