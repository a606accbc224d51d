import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { connect, sharedToken } from "@turnmux/client";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createGateway,
  memoryJournal,
  tokenAuth,
  type Gateway,
  type GatewayOptions,
  type GatewaySession,
  type Journal,
  type ListenOptions,
} from "../../src/index.ts";
import { tools } from "./tools.ts";

const SECRET = "a shared secret of the tests";
const auth = tokenAuth(SECRET, { principal: "alice", scopes: ["write"] });

function gatewayOf(options: GatewayOptions = {}): Gateway {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const gateway = createGateway({ logger, ...options });
  onTestFinished(() => gateway.close());
  return gateway;
}

describe("what cannot cross threads is refused at once, and why is said", () => {
  const refused = (options: Partial<ListenOptions>, gateway = gatewayOf()): (() => void) => {
    return () => void gateway.listen({ port: 0, auth, ioThread: true, ...options });
  };

  it("a server", () => {
    expect(refused({ server: createServer(), port: undefined })).toThrow(/a server belongs to the thread that made it/);
  });

  it("a lookup function", () => {
    expect(refused({ auth: tokenAuth({ tokens: () => undefined }) })).toThrow(
      /functions cannot move to another thread/,
    );
  });

  it("a method of the application's own", () => {
    expect(refused({ auth: { name: "mine", verify: () => undefined } })).toThrow(/"mine".*auth: \{ module/);
  });

  it("a journal of the application's own", () => {
    const own: Journal = {
      name: "mine",
      durable: false,
      claim: () => Promise.resolve([]),
      settle: () => Promise.resolve(),
      find: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
    expect(refused({}, gatewayOf({ journal: own }))).toThrow(/the journal "mine" has functions/);
  });

  it("a module without the thread", () => {
    const gateway = gatewayOf();
    expect(() => gateway.listen({ port: 0, auth: { module: "file:///auth.js" } })).toThrow(/for ioThread: true/);
  });
});

describe("an endpoint in the I/O thread", () => {
  it("says where it listens, and that a port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const gateway = gatewayOf();
    const taken = gateway.listen({ port, auth, ioThread: true });
    const free = gateway.listen({ port: 0, auth, ioThread: true });
    await expect(taken.ready).rejects.toMatchObject({ code: "EADDRINUSE" });
    await free.ready;
    expect(free.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/session$/);
    expect(free.address()).toMatchObject({ address: "127.0.0.1" });
    await free.close();
    expect(free.address()).toBeNull();
  }, 60_000);

  it("says that a module of methods cannot be loaded", async () => {
    const gateway = gatewayOf();
    const endpoint = gateway.listen({ port: 0, auth: { module: "file:///nowhere/auth.js" }, ioThread: true });
    await expect(endpoint.ready).rejects.toThrow(/auth\.module file:\/\/\/nowhere\/auth\.js cannot be loaded/);
  }, 60_000);

  it("has sessions like any other: calls both ways, scopes, own tools, closing and revoking", async () => {
    const gateway = gatewayOf({ journal: memoryJournal() });
    gateway.implement(tools.shared, { add: ({ a, b }) => a + b, secret: () => "told" });
    const sessions: GatewaySession[] = [];
    const heard = Promise.withResolvers<GatewaySession>();
    const endpoint = gateway.listen({
      port: 0,
      auth,
      ioThread: true,
      onSession: (session) => {
        sessions.push(session);
        heard.resolve(session);
      },
    });
    await endpoint.ready;
    const client = await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false });
    const session = await heard.promise;
    expect([session.id, session.principal, session.scopes]).toEqual([client.id, "alice", ["write"]]);
    await expect(client.client(tools.shared).secret({})).resolves.toBe("told");
    session.updateScopes([]);
    await expect(client.client(tools.shared).secret({})).rejects.toMatchObject({ code: "permission_denied" });

    const offered = new Promise((resolve) => client.addEventListener("offer", resolve, { once: true }));
    const withdraw = session.implement(tools.own, { mine: () => "own" });
    await offered;
    await expect(client.client(tools.own).mine({})).resolves.toBe("own");
    const withdrawn = new Promise((resolve) => client.addEventListener("offer", resolve, { once: true }));
    withdraw();
    await withdrawn;
    await expect(client.client(tools.own).mine({})).rejects.toMatchObject({ code: "unimplemented" });

    client.implement(tools.own, { mine: () => "the client's" });
    await expect(session.client(tools.own).mine({})).resolves.toBe("the client's");

    const { ended, running, handshakes } = gateway.stats();
    expect(ended.incoming.ok).toBe(2);
    expect(ended.outgoing.ok).toBe(1);
    expect(running.handlers).toBe(0);
    expect(handshakes.accepted).toBe(1);
    await session.revoke("no more");
    await expect(client.closed).resolves.toMatchObject({ code: "permission_denied" });
    expect(gateway.sessions.size).toBe(0);
  }, 60_000);

  it("lets calls finish when the gateway drains, and ends the thread", async () => {
    const gateway = gatewayOf();
    const began = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<number>();
    gateway.implement(tools.shared, {
      add: () => {
        began.resolve(undefined);
        return release.promise;
      },
      secret: () => "told",
    });
    const endpoint = gateway.listen({ port: 0, auth, ioThread: true });
    await endpoint.ready;
    const client = await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false });
    const call = client.client(tools.shared).add({ a: 1, b: 2 });
    await began.promise;
    const drained = gateway.drain();
    const draining = new Promise((resolve) => client.addEventListener("drain", resolve, { once: true }));
    await draining;
    release.resolve(3);
    await expect(call).resolves.toBe(3);
    await expect(drained).resolves.toEqual({ cutCalls: 0 });
    expect(endpoint.address()).toBeNull();
  }, 60_000);
});
