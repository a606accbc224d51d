import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { deviceKey, generateDeviceKey, sharedToken, type ClientAuth } from "@turnmux/client";
import { ed25519Auth, tokenAuth, UsageError, type ProofMethod } from "@turnmux/gateway";
import { connected, httpServer, listening, SECRET, testGateway } from "./support/gateway.ts";
import { RawClient, hello, refusedUpgrade } from "./support/raw.ts";
import { handle, tools } from "./support/tools.ts";

const grant = { principal: "alice", scopes: ["write"] } as const;

describe("an endpoint of the gateway's own", () => {
  test("takes calls of clients that prove a shared token", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const session = await connected(await listening(gateway));
    expect(session.principal).toBe("alice");
    expect(session.scopes).toEqual(["write"]);
    expect(await session.client(tools).job.add({ name: "plants" }, { key: "k-1" })).toEqual({ id: "k-1" });
    expect(handlers.jobs).toEqual(["plants"]);
  });

  test("takes more from clients that have a session than from those that have none", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const session = await connected(await listening(gateway));
    const text = "x".repeat(1_000_000);
    expect(await session.client(tools).echo({ text })).toEqual({ text });
  });

  test("takes messages of text carriage, which escapes may make six times as long", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const session = await connected(await listening(gateway), { carriage: "text" });
    const text = "\u0001".repeat(300_000);
    expect(await session.client(tools).echo({ text })).toEqual({ text });
  });

  test("takes clients that sign with a device key", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const key = await generateDeviceKey();
    const auth = ed25519Auth({ keys: [{ ...grant, principal: "phone", publicKey: key.publicKey }] });
    const session = await connected(await listening(gateway, { auth }), { auth: deviceKey(key.keys) });
    expect(session.principal).toBe("phone");
    expect(await session.client(tools).echo({ text: "hi" })).toEqual({ text: "hi" });
  });

  test("takes a method of the application's own, beside others", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const own: ProofMethod = {
      name: "x-first-octet",
      verify: ({ proof, octets, keyId }) =>
        proof[0] === octets[0] ? { principal: `by ${keyId}`, scopes: [] } : undefined,
    };
    const prover: ClientAuth = {
      method: "x-first-octet",
      keyId: "me",
      prove: (octets) => Promise.resolve(octets.slice(0, 1)),
    };
    const endpoint = await listening(gateway, { auth: [tokenAuth(SECRET, grant), own] });
    expect((await connected(endpoint, { auth: prover })).principal).toBe("by me");
    expect((await connected(endpoint, { auth: sharedToken(SECRET) })).principal).toBe("alice");
  });

  test("says that its port is in use, and logs it for those who do not wait", async () => {
    const { gateway, log } = testGateway();
    const first = await listening(gateway);
    const { port } = first.address() as AddressInfo;
    const second = gateway.listen({ port, auth: tokenAuth(SECRET, grant) });
    await expect(second.ready).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect((await log.line(/server of an endpoint failed/)).level).toBe("error");
    await second.close();
    expect((await connected(first)).principal).toBe("alice");
  });

  test("tells its URL once it is ready", async () => {
    const { gateway } = testGateway();
    const endpoint = gateway.listen({ port: 0, auth: tokenAuth(SECRET, grant), path: "/a/b" });
    expect(() => endpoint.url).toThrow(UsageError);
    await endpoint.ready;
    expect(endpoint.url).toBe(`ws://127.0.0.1:${(endpoint.address() as AddressInfo).port}/a/b`);
  });

  test("answers 404 at other paths of a server of its own, and 426 to requests that are no upgrade", async () => {
    const { gateway } = testGateway();
    const { url } = await listening(gateway);
    expect(await refusedUpgrade(url.replace("/session", "/other"))).toMatchObject({
      status: 404,
      body: "There is no WebSocket at this path.\n",
    });
    const http = url.replace("ws:", "http:");
    const plain = await fetch(http);
    expect([plain.status, plain.headers.get("upgrade"), await plain.text()]).toEqual([
      426,
      "websocket",
      "This path takes WebSockets that speak turnmux.\n",
    ]);
    const other = await fetch(http.replace("/session", "/"));
    expect([other.status, await other.text()]).toEqual([404, "There is nothing at this path.\n"]);
  });

  test("closes with its sockets, of which none is left open, and frees the port", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway);
    const { port } = endpoint.address() as AddressInfo;
    const session = await connected(endpoint);
    const silent = await RawClient.open(endpoint.url);
    await endpoint.close("maintenance");
    expect(await session.closed).toMatchObject({ code: "unavailable", message: "maintenance" });
    expect((await silent.closed).code).toBe(1008);
    expect(gateway.sessions.size).toBe(0);
    expect((await listening(gateway, { port })).address()).toMatchObject({ port });
  });

  test("can be closed before it listens", async () => {
    const { gateway } = testGateway();
    const endpoint = gateway.listen({ port: 0, auth: tokenAuth(SECRET, grant) });
    await endpoint.close();
    await endpoint.ready;
    expect(endpoint.address()).toBe(null);
  });

  test("is told of in `onSession`, and a callback that throws is logged and harms nobody", async () => {
    const { gateway, log } = testGateway();
    handle(gateway);
    const endpoint = await listening(gateway, {
      onSession: ({ principal }) => {
        throw new Error(`no ${principal}`);
      },
    });
    const session = await connected(endpoint);
    expect(await session.client(tools).echo({ text: "still here" })).toEqual({ text: "still here" });
    expect((await log.line(/onSession threw/)).fields).toMatchObject({ error: new Error("no alice") });
  });

  test.each([
    ["no server and no port", {}, /pass the server to listen on, or a port/],
    ["an I/O thread and no port", { ioThread: true }, /an I\/O thread needs a port of its own: pass a port/],
    ["a server and a port", { server: createServer(), port: 1 }, /pass either server, or port and host/],
    ["a path with a query", { port: 0, path: "/a?b" }, /path starts with/],
    ["an audience without a port", { port: 0, audience: "gateway.example" }, /audience is host and port/],
    ["a port beyond the last one", { port: 65_536 }, /port is a whole number from 0 to 65535/],
    ["a port that is no number", { port: Number.NaN, ioThread: true }, /port is a whole number from 0 to 65535/],
    ["a certificate of nothing", { port: 0, tls: { cert: "", key: "" } }, /tls.cert or tls.key is empty/],
    ["a limit of nothing", { port: 0, maxUnauthenticated: 0 }, /maxUnauthenticated must be a whole number above zero/],
    ["no method of proof", { port: 0, auth: [] }, /needs a method of proof/],
  ])("refuses %s", (_name, options, message) => {
    const { gateway } = testGateway();
    expect(() => gateway.listen({ auth: tokenAuth(SECRET, grant), ...options })).toThrow(message);
  });
});

describe("an endpoint on a server that exists already", () => {
  test("takes upgrade requests of its path alone, whatever their query", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, url } = await httpServer();
    await listening(gateway, { server, path: "/tools" });
    const session = await connected({ url: `${url}/tools?v=1` });
    expect(await session.client(tools).echo({ text: "hi" })).toEqual({ text: "hi" });
    expect(await (await fetch(url.replace("ws:", "http:"))).text()).toBe("the host's own");
  });

  test("leaves other paths to the host's own upgrade listener", async () => {
    const { gateway } = testGateway();
    const { server, url } = await httpServer();
    const hosts = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/chat") hosts.handleUpgrade(request, socket, head, (ws) => ws.send("welcome"));
    });
    await listening(gateway, { server });
    const ws = new WebSocket(`${url}/chat`);
    onTestFinished(() => ws.terminate());
    const [message] = (await once(ws, "message")) as [Buffer];
    expect(message.toString()).toBe("welcome");
    await connected({ url: `${url}/session` });
  });

  test("answers 404 to other paths where nobody else would answer", async () => {
    const { gateway } = testGateway();
    const { server, url } = await httpServer();
    await listening(gateway, { server, path: "/one" });
    await listening(gateway, { server, path: "/two" });
    expect((await refusedUpgrade(`${url}/three`)).status).toBe(404);
    await connected({ url: `${url}/one` });
    await connected({ url: `${url}/two` });
  });

  test("refuses a path that another endpoint has", async () => {
    const { gateway } = testGateway();
    const { server } = await httpServer();
    await listening(gateway, { server });
    expect(() => gateway.listen({ server, auth: tokenAuth(SECRET, grant) })).toThrow(/\/session is taken/);
  });

  test("leaves the server as it was when it is closed", async () => {
    const { gateway } = testGateway();
    const { server, url } = await httpServer();
    const endpoint = await listening(gateway, { server });
    await endpoint.close();
    expect(server.listenerCount("upgrade")).toBe(0);
    expect(server.listening).toBe(true);
    // Without an upgrade listener Node hands the request to the host.
    expect(await refusedUpgrade(`${url}/session`)).toMatchObject({ status: 200, body: "the host's own" });
  });

  test("is closed when every one of its connections is, and no other", async () => {
    const { gateway } = testGateway();
    const { server, url } = await httpServer();
    const other = await listening(gateway, { server, path: "/other" });
    const endpoint = await listening(gateway, { server });
    await connected({ url: `${url}/session` });
    const silent = await RawClient.open(`${url}/session`);
    silent.ws.pause();
    await connected({ url: `${url}/other` });
    await endpoint.close();
    expect(await promisify(server.getConnections.bind(server))()).toBe(1);
    await other.close();
  });

  test("is ready when the server listens, also when that is later", async () => {
    const { gateway } = testGateway();
    const server = createServer();
    onTestFinished(() => void server.close());
    const endpoint = gateway.listen({ server, auth: tokenAuth(SECRET, grant) });
    server.listen(0, "127.0.0.1");
    await endpoint.ready;
    await connected(endpoint);
  });
});

describe("web pages", () => {
  test("of another origin get 403 and a sentence", async () => {
    const { gateway } = testGateway();
    const { url } = await listening(gateway);
    expect(await refusedUpgrade(url, { origin: "https://evil.example" })).toMatchObject({
      status: 403,
      body: "This gateway takes no connections from pages of this origin.\n",
    });
    expect(gateway.stats().handshakes).toEqual({ accepted: 0, refused: 1 });
  });

  test("of the same host, or of a listed origin, may connect", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway);
    await RawClient.open(endpoint.url, { origin: new URL(endpoint.url).origin.replace("ws:", "http:") });
    const listed = await listening(gateway, { origins: ["https://app.example"] });
    await RawClient.open(listed.url, { origin: "https://app.example" });
    expect((await refusedUpgrade(listed.url, { origin: "https://evil.example" })).status).toBe(403);
  });
});

describe("the audience", () => {
  test("is the loopback name that the client dialled, without being told", async () => {
    const { gateway } = testGateway();
    const { url } = await listening(gateway);
    const { host } = new URL(url);
    const client = await RawClient.open(url);
    client.say(hello());
    expect(await client.next()).toMatchObject({ type: "challenge", audience: host, methods: ["token"] });
  });

  test("is configured where clients dial another name; without it they hear what to configure", async () => {
    const { gateway, log } = testGateway();
    const headers = { host: "gateway.example:443" };
    const unnamed = await RawClient.open((await listening(gateway)).url, { headers });
    unnamed.say(hello());
    expect(await unnamed.next()).toMatchObject({
      type: "refuse",
      code: 14,
      message: expect.stringMatching(/does not know its name.*pass `audience` to listen\(\)/),
    });
    expect((await log.line(/does not know its name/)).level).toBe("warn");
    const named = await RawClient.open((await listening(gateway, { audience: "gateway.example:443" })).url, {
      headers,
    });
    named.say(hello());
    expect(await named.next()).toMatchObject({ type: "challenge", audience: "gateway.example:443" });
  });
});
