import { once } from "node:events";
import { attach, type AttachedSession } from "@turnmux/client";
import { createGateway, memoryJournal, type Attachment, type Gateway, type GatewaySession } from "@turnmux/gateway";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket as Ws, WebSocketServer } from "ws";
import { Application, tools } from "../../../core/test/delivery/support/exchange.ts";
import { portOf } from "../shared-socket/support/shared.ts";
import { PATIENCE_MS } from "../shared-socket/support/seed.ts";
import { LIMITS, silent } from "./support/bench.ts";

const forEver = { timeoutMs: Number.POSITIVE_INFINITY };

/** A host with sockets of its own, and a session on them. */
interface Bench {
  readonly gateway: Gateway;
  readonly client: AttachedSession;
  readonly session: GatewaySession;
  readonly sessions: readonly GatewaySession[];
  readonly atClient: Application;
  readonly atGateway: Application;
  /** The host's sockets at the client, and at the gateway, the latest last. */
  readonly near: readonly Ws[];
  readonly far: readonly Ws[];
  /** turnmux on each of them at the gateway. */
  readonly attachments: readonly Attachment[];
  /** What the host heard, at both ends. It says something at each end of each socket when that opens. */
  readonly heard: string[];
  /** Makes another socket. */
  dial(): Ws;
}

/** A session that stands. */
async function openBench(carriage: "binary" | "text"): Promise<Bench> {
  const gateway = createGateway({ logger: silent, journal: memoryJournal(), limits: LIMITS });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  onTestFinished(async () => {
    await gateway.close();
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const [atClient, atGateway] = [new Application(), new Application()];
  gateway.implement(tools, atGateway.handlers);
  const [near, far, heard]: [Ws[], Ws[], string[]] = [[], [], []];
  const sessions: GatewaySession[] = [];
  const attachments: Attachment[] = [];
  const onSession = (session: GatewaySession): number => sessions.push(session);
  server.on("connection", (socket) => {
    far.push(socket);
    socket.on("message", (data: Buffer) => heard.push(`at the gateway: ${data.toString()}`));
    attachments.push(
      gateway.attach(socket, { principal: "alice", scopes: [] }, { onSession: (session) => void onSession(session) }),
    );
    socket.send("the host says hello");
  });
  const dial = (): Ws => {
    const socket = new Ws(`ws://127.0.0.1:${portOf(server.address())}`);
    near.push(socket);
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => heard.push(`at the client: ${data.toString()}`));
    socket.on("open", () => socket.send("the host says hello"));
    return socket;
  };
  const client = attach(dial(), { waitMs: 60_000, carriage, journal: memoryJournal(), limits: LIMITS });
  onTestFinished(() => client.close());
  client.implement(tools, atClient.handlers);
  await client.ready;
  await client.call("turnmux.describe", {});
  const [session] = sessions;
  if (session === undefined) throw new Error("the gateway has no session");
  if (!session.offers.has("echo")) {
    await new Promise((resolve) => session.addEventListener("offer", resolve, { once: true }));
  }
  return { gateway, client, session, sessions, atClient, atGateway, near, far, attachments, heard, dial };
}

/** One session after all. */
async function expectOneSession({ client, session, sessions }: Bench): Promise<void> {
  expect(await client.call("echo", "over", forEver)).toBe("over");
  expect(sessions).toHaveLength(1);
  expect([client.state, client.id]).toEqual(["ready", session.id]);
}

/** A host that has heard its own, and nothing of turnmux's. */
function expectHostUntouched({ heard }: Bench): void {
  expect(new Set(heard)).toEqual(
    new Set(["at the gateway: the host says hello", "at the client: the host says hello"]),
  );
}

function giveBack({ client, dial }: Bench): void {
  client.detach();
  client.attach(dial());
}

/** Once the session waits for one. */
async function anotherSocket({ client, dial }: Bench): Promise<void> {
  if (client.state !== "reconnecting") {
    await new Promise((resolve) => client.addEventListener("state", resolve, { once: true }));
  }
  client.attach(dial());
}

/** Rounds of calls of every kind in both directions, and what both applications see of it. */
async function exchange({ client, session, atClient, atGateway }: Bench): Promise<unknown> {
  for (let round = 0; round < 6; round++) {
    await Promise.all([atClient.exercise(client, atGateway), atGateway.exercise(session, atClient)]);
  }
  return [atClient.view, atGateway.view];
}

describe.each(["binary", "text"] as const)("A session on a host's sockets, by %s carriage,", (carriage) => {
  it.each<[string, (bench: Bench) => void]>([
    ["the client's socket is destroyed", ({ near }) => near.at(-1)?.terminate()],
    ["the gateway's socket is destroyed", ({ far }) => far.at(-1)?.terminate()],
    ["the host closes its socket", ({ far }) => far.at(-1)?.close(4_000, "the host's reason")],
    ["the host moves it while the socket before stands", ({ client, dial }) => client.attach(dial())],
    ["the host takes its socket back, and brings another one", giveBack],
  ])(
    "goes on with calls of every kind in both directions, where %s, time and again",
    async (_what, lose) => {
      const uncut = await openBench(carriage);
      const b = await openBench(carriage);
      const expected = await exchange(uncut);
      const done = exchange(b);
      const state = { over: false };
      void done.then(() => (state.over = true));
      for (let losses = 0; !state.over; losses++) {
        // At other moments each time: behind one to five answers.
        for (let calls = 0; calls <= losses % 5; calls++) await b.client.call("turnmux.describe", {}, forEver);
        const { length } = b.near;
        lose(b);
        if (b.near.length === length) await anotherSocket(b);
      }
      expect(await done).toEqual(expected);
      expect(b.near.length).toBeGreaterThan(3);
      await expectOneSession(b);
      // What the gateway had sent before it heard of it comes to a host that took its socket back.
      if (lose !== giveBack) expectHostUntouched(b);
    },
    PATIENCE_MS,
  );

  it("is where its gateway's host finds it: at the attachment of the socket that it is on", async () => {
    const b = await openBench(carriage);
    b.client.attach(b.dial());
    expect(await b.client.call("echo", "moved", forEver)).toBe("moved");
    const [before, after] = b.attachments;
    expect([before?.current, after?.current]).toEqual([undefined, b.session]);
    expect(await after?.session).toBe(b.session);
    await expectOneSession(b);
  });

  it("waits for the host's next socket with a call whose result is there already, and gets it then", async () => {
    const b = await openBench(carriage);
    const leaving = new AbortController();
    const held = b.client.client(tools).hold("finishes", {
      ...forEver,
      signal: leaving.signal,
      onAccept: () => b.near.at(-1)?.terminate(),
    });
    await new Promise<void>((resolve) => {
      b.client.addEventListener("state", ({ detail }) => {
        if (detail.state === "reconnecting") resolve();
      });
    });
    leaving.abort();
    const later = b.client.client(tools).echo("later", forEver);
    b.client.attach(b.dial());
    expect(await Promise.all([held, later])).toEqual(["finished all the same", "later"]);
    await expectOneSession(b);
    expectHostUntouched(b);
  });
});

describe("A host that brings no other socket in time", () => {
  it("ends the session at the client; its calls are unknown", async () => {
    const b = await openBench("binary");
    const other = attach(b.dial(), { waitMs: 30, limits: LIMITS });
    await other.ready;
    const accepted = Promise.withResolvers<void>();
    const held = other.client(tools).hold("stops", { ...forEver, onAccept: () => accepted.resolve() });
    await accepted.promise;
    b.near.at(-1)?.terminate();
    await expect(held).rejects.toMatchObject({ code: "unavailable", outcome: "unknown" });
    expect(await other.closed).toMatchObject({ message: expect.stringContaining("no other socket within 30 ms") });
  });
});
