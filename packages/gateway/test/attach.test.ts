import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import type { ClientSocket } from "@turnmux/client";
import { TurnmuxError, wsCarrier, type Attachment, type Grant } from "@turnmux/gateway";
import { listening, nextSession, testGateway } from "./support/gateway.ts";
import { attached, host, Inbox } from "./support/host.ts";
import { hello, RawClient } from "./support/raw.ts";
import { handle, tools } from "./support/tools.ts";

const grant: Grant = { principal: "alice", scopes: ["write"] };

describe("attach()", () => {
  test("puts sessions on a host's socket, and the host's own messages pass both ways", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, client } = await (await host())();
    const [atServer, atClient] = [new Inbox(server), new Inbox(client)];
    const attachment = gateway.attach(server, grant);
    const session = attached(client);
    client.send("host, hello");
    server.send("client, hello");
    expect(await session.client(tools).job.add({ name: "plants" }, { key: "k" })).toEqual({ id: "k" });
    expect(session.principal).toBe("alice");
    client.send("host, bye");
    server.send("client, bye");
    expect(await atServer.first(2)).toEqual(["host, hello", "host, bye"]);
    expect(await atClient.first(2)).toEqual(["client, hello", "client, bye"]);
    const gatewaySide = await attachment.session;
    expect(gatewaySide).toBe(attachment.current);
    expect(gatewaySide.id).toBe(session.id);
    expect([...gateway.sessions]).toEqual([gatewaySide]);
  });

  test("holds the handshake until the host has authenticated its peer, in the connection event already [CARR-031]", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const authenticated = Promise.withResolvers<Grant>();
    const inboxes: Inbox[] = [];
    const connect = await host((ws) => {
      gateway.attach(ws, authenticated.promise);
      inboxes.push(new Inbox(ws));
    });
    const { client } = await connect();
    const session = attached(client);
    const call = session.client(tools).echo({ text: "early" });
    client.send("my password");
    expect(await inboxes[0]?.first(1)).toEqual(["my password"]);
    expect(gateway.sessions.size).toBe(0);
    authenticated.resolve(grant);
    expect(await call).toEqual({ text: "early" });
    expect(inboxes[0]?.messages).toEqual(["my password"]);
  });

  test("refuses the handshake when the host's promise rejects, and the socket stays the host's", async () => {
    const { gateway, log } = testGateway();
    const { server, client } = await (await host())();
    const inbox = new Inbox(server);
    const attachment = gateway.attach(server, Promise.reject(new Error("wrong password")));
    const session = attached(client);
    expect(await session.closed).toMatchObject({
      cause: "refused",
      code: "unauthenticated",
      message: "the host granted no session",
    });
    expect((await log.line(/host granted no session/)).fields).toEqual({ error: new Error("wrong password") });
    client.send("still here");
    expect(await inbox.first(1)).toEqual(["still here"]);
    expect(attachment.current).toBe(undefined);
    expect(gateway.stats().handshakes).toEqual({ accepted: 0, refused: 1 });
  });

  test("asks a function for the grant of each session", async () => {
    const { gateway } = testGateway();
    const { server, client } = await (await host())();
    const names = ["alice", "bob"];
    const seen: string[] = [];
    const attachment = gateway.attach(server, () => ({ principal: names.shift() ?? "nobody", scopes: [] }), {
      onSession: ({ principal }) => seen.push(principal),
    });
    const first = attached(client);
    await first.catalog();
    const firstAtGateway = attachment.current;
    await first.close();
    await firstAtGateway?.closed;
    expect(attachment.current).toBe(undefined);
    const next = nextSession(gateway);
    const second = attached(client);
    await second.catalog();
    expect([first.principal, second.principal]).toEqual(["alice", "bob"]);
    expect(await next).toBe(attachment.current);
    expect(await attachment.session).toBe(firstAtGateway);
    expect(seen).toEqual(["alice", "bob"]);
  });

  test("takes what a function throws for a no", async () => {
    const { gateway } = testGateway();
    const { server, client } = await (await host())();
    gateway.attach(server, () => {
      throw new Error("no");
    });
    expect(await attached(client).closed).toMatchObject({ cause: "refused", code: "unauthenticated" });
  });

  test("refuses what is no grant: at once where it can, otherwise in the handshake and the log", async () => {
    const { gateway, log } = testGateway();
    const connect = await host();
    const first = await connect();
    expect(() => gateway.attach(first.server, { principal: "", scopes: [] })).toThrow(/A grant's principal is/);
    // Nothing is left on the socket.
    gateway.attach(first.server, grant);
    const second = await connect();
    gateway.attach(second.server, Promise.resolve({ principal: "alice", scopes: [""] }));
    expect(await attached(second.client).closed).toMatchObject({ cause: "refused", code: "unauthenticated" });
    expect((await log.line(/the host's grant is none/)).level).toBe("error");
  });

  test("refuses a second time on one socket, by name", async () => {
    const { gateway } = testGateway();
    const { server } = await (await host())();
    gateway.attach(server, grant);
    expect(() => gateway.attach(server, grant)).toThrow(/attached to this WebSocket already/);
  });

  test("refuses what is no socket", () => {
    const { gateway } = testGateway();
    // @ts-expect-error -- on purpose
    expect(() => gateway.attach({}, grant)).toThrow(/takes a WebSocket of the ws package/);
    // @ts-expect-error -- on purpose
    expect(() => gateway.attach(undefined, grant)).toThrow(/takes a WebSocket of the ws package/);
  });

  test("takes a carrier of the host's own making", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, client } = await (await host())();
    gateway.attach(wsCarrier(server), grant);
    expect(await attached(client).client(tools).echo({ text: "hi" })).toEqual({ text: "hi" });
  });

  test("takes a standard WebSocket, also where the gateway is the one that dialled", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => sockets.close());
    await once(sockets, "listening");
    const accepted = once(sockets, "connection");
    const ws = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
    onTestFinished(() => ws.close());
    ws.binaryType = "arraybuffer";
    gateway.attach(ws, grant);
    const [peer] = (await accepted) as [ClientSocket];
    expect(await attached(peer).client(tools).echo({ text: "hi" })).toEqual({ text: "hi" });
  });

  test("is undone by detach(): the session ends, and the socket is as it was", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, client } = await (await host())();
    const before = { send: server.send, emit: server.emit, own: Object.getOwnPropertyNames(server).toSorted() };
    const attachment = gateway.attach(server, grant);
    const session = attached(client);
    await session.client(tools).echo({ text: "hi" });
    attachment.detach("the host moves on");
    await attachment.closed;
    expect(await session.closed).toMatchObject({ code: "unavailable", message: "the host moves on" });
    expect(gateway.sessions.size).toBe(0);
    const after = { send: server.send, emit: server.emit, own: Object.getOwnPropertyNames(server).toSorted() };
    expect(after).toEqual(before);
    const inbox = new Inbox(server);
    client.send("mine alone");
    expect(await inbox.first(1)).toEqual(["mine alone"]);
    gateway.attach(server, grant);
  });

  test("can be undone while the host is in the middle of a message", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, client } = await (await host())();
    const attachment = gateway.attach(server, grant);
    const session = attached(client);
    await session.client(tools).echo({ text: "hi" });
    const atGateway = await attachment.session;
    const inbox = new Inbox(client);
    server.send("one, ", { fin: false });
    attachment.detach();
    expect(await atGateway.closed).toMatchObject({ cause: "closed" });
    expect(gateway.sessions.size).toBe(0);
    server.send("two", { fin: true });
    expect(await inbox.first(1)).toEqual(["one, two"]);
  });

  test("says that no session came about when the socket closes first", async () => {
    const { gateway } = testGateway();
    const { server, client } = await (await host())();
    const attachment = gateway.attach(server, grant);
    client.close();
    await once(server, "close");
    await attachment.closed;
    const failure = await attachment.session.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TurnmuxError);
    expect(String(failure)).toMatch(/no session came about on this socket: the connection was lost/);
  });

  test("ends each session with its own fault, and neither the host's socket nor other sessions", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const connect = await host();
    const [bad, good] = [await connect(), await connect()];
    const attachments: Attachment[] = [gateway.attach(bad.server, grant), gateway.attach(good.server, grant)];
    const inbox = new Inbox(bad.server);
    const goodSession = attached(good.client);
    const raw = RawClient.on(bad.client);
    raw.say(hello());
    const welcome = await raw.next();
    if (welcome?.type !== "welcome") throw new Error(`not welcome: ${welcome?.type}`);
    const atGateway = await attachments[0]?.session;
    // Under the gateway's tag, a frame of an unknown type.
    bad.client.send(Buffer.concat([Buffer.of(0xc1, 1), welcome.tag, Buffer.of(0, 0, 0, 0x7e, 0, 0, 0, 0, 0)]));
    expect(await raw.next()).toMatchObject({ type: "offer" });
    expect(await raw.next()).toMatchObject({ type: "goaway", requirement: "FRAME-004" });
    expect(await atGateway?.closed).toMatchObject({ cause: "violation", requirement: "FRAME-004" });
    bad.client.send("the host's");
    expect(await inbox.first(1)).toEqual(["the host's"]);
    expect(await goodSession.client(tools).echo({ text: "hi" })).toEqual({ text: "hi" });
  });
});

describe("a gateway with hosts and an endpoint", () => {
  test("has all sessions in one list", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway);
    expect(endpoint.url).toMatch(/^ws:/);
    const { server, client } = await (await host())();
    gateway.attach(server, grant);
    const session = attached(client);
    await session.catalog();
    const local = gateway.openSession(grant);
    expect([...gateway.sessions].map(({ id }) => id)).toEqual([session.id, local.id]);
  });
});
