import { getEventListeners, once } from "node:events";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket as Ws } from "ws";
import { acceptsAudience } from "../src/auth/audience.ts";
import { connect, sharedToken, UsageError, type ClientAuth, type ConnectOptions } from "../src/index.ts";
import { TestGateway, type TestGatewayOptions } from "./support/gateway.ts";
import { failureOf, gate, statesOf, until } from "./support/observe.ts";

/** A gateway that asks for a proof, and takes the one that says "open sesame". */
function proving(audience: string): TestGatewayOptions {
  return {
    admission: () => ({
      kind: "proof",
      audience,
      methods: ["token", "spoken"],
      verify: async ({ method, proof }) => {
        const right = method === "spoken" && new TextDecoder().decode(proof) === "open sesame";
        return right ? { principal: "ali", scopes: ["cave.enter"] } : undefined;
      },
    }),
  };
}

function spoken(words: string): ClientAuth {
  return { method: "spoken", keyId: "", prove: async () => new TextEncoder().encode(words) };
}

async function served(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that reads the request, and then does nothing. */
async function speechless(asked: () => void): Promise<string> {
  return served(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", asked);
    }),
  );
}

function statusLine(status: string, headers = ""): Promise<string> {
  return served(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(`HTTP/1.1 ${status}\r\n${headers}Content-Length: 0\r\n\r\n`));
    }),
  );
}

describe("connect", () => {
  it("gives a session that is ready, and that closes cleanly", async () => {
    const gateway = await TestGateway.listen();
    const sockets: Ws[] = [];
    const webSocket = (url: string): Ws => {
      const made = new Ws(url);
      sockets.push(made);
      return made;
    };
    const session = await connect(gateway.url, { webSocket });
    const { states } = statesOf(session);
    expect(session.state).toBe("ready");
    const socket = await gateway.socket(1);
    const closed = once(socket, "close");
    await session.close("done");
    expect(sockets[0]?.readyState).toBe(Ws.CLOSED);
    expect(session.state).toBe("closed");
    expect(states).toEqual(["closed"]);
    expect(await session.closed).toEqual({ cause: "closed", code: "cancelled", message: "done", byPeer: false });
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1000, "done"]);
    expect(await gateway.latest.session.closed).toMatchObject({ cause: "goaway", code: "cancelled", byPeer: true });
  });

  it("closes with the block that it is used in", async () => {
    const gateway = await TestGateway.listen();
    {
      await using session = await connect(gateway.url);
      expect(session.state).toBe("ready");
    }
    expect(await gateway.latest.session.closed).toMatchObject({ code: "cancelled" });
  });

  it("takes http for ws, and drops a fragment", async () => {
    const gateway = await TestGateway.listen();
    await using session = await connect(new URL(`${gateway.url.replace("ws", "http")}/session?x=1#y`));
    expect(session.state).toBe("ready");
    expect(gateway.requests[0]?.url).toBe("/session?x=1");
  });

  it("sends the headers that it was given, and asks for no compression", async () => {
    const gateway = await TestGateway.listen({ server: { perMessageDeflate: true } });
    await using session = await connect(gateway.url, { headers: { "x-tenant": "blue" } });
    expect(session.state).toBe("ready");
    expect(gateway.requests[0]?.headers).toMatchObject({ "x-tenant": "blue" });
    expect(gateway.requests[0]?.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  it("uses the sockets of a factory, one for each attempt, whatever their kind", async () => {
    const gateway = await TestGateway.listen();
    const made: unknown[] = [];
    await using session = await connect(gateway.url, {
      headers: { "x-tenant": "green" },
      reconnect: { initialMs: 1 },
      webSocket: (url, { headers }) => {
        const socket = made.length === 0 ? new Ws(url, { headers }) : new WebSocket(url);
        made.push(socket);
        return socket;
      },
    });
    gateway.cut();
    await gateway.session(2);
    await until(session, "ready");
    expect(made).toHaveLength(2);
    expect(gateway.requests[0]?.headers["x-tenant"]).toBe("green");
  });

  it("takes a socket of a factory that is open already", async () => {
    const gateway = await TestGateway.listen();
    const socket = new Ws(gateway.url);
    await once(socket, "open");
    await using session = await connect(gateway.url, { webSocket: () => socket });
    expect(session.state).toBe("ready");
  });

  it("proves who the client is, and knows what it may do", async () => {
    const gateway = await TestGateway.listen(proving("gateway.example:443"));
    await using session = await connect(gateway.url, {
      auth: Promise.resolve(spoken("open sesame")),
      audience: ["Gateway.example:443"],
    });
    expect(session.principal).toBe("ali");
    expect(session.scopes).toEqual(["cave.enter"]);
  });
});

describe("connect fails, and says what to do next,", () => {
  it("where nobody listens", async () => {
    const server = createTcpServer();
    const url = await served(server);
    server.close();
    const error = await failureOf(connect(`${url}/session?token=secret`));
    expect(error).toMatchObject({ code: "unavailable", outcome: "not_started", retryable: true });
    expect(error.sentence).toBe(
      `no session with ${url}/session: connect ECONNREFUSED ${url.slice(5)}. Is the gateway running, and is this its address?`,
    );
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("where a name has several addresses, and nobody listens at any", async () => {
    const server = createTcpServer();
    const url = await served(server);
    server.close();
    const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
    const error = await failureOf(
      connect(url.replace("127.0.0.1", "gateway.example"), {
        webSocket: (dialled) => new Ws(dialled, { lookup: (_name, _options, found) => found(null, addresses) }),
      }),
    );
    expect(error.sentence).toMatch(/connect ECONNREFUSED 127\.0\.0\.1:\d+, connect ECONNREFUSED 127\.0\.0\.2:\d+\./);
  });

  it("where the proof is wrong, without trying again", async () => {
    const gateway = await TestGateway.listen(proving("x:1"));
    const error = await failureOf(
      connect(gateway.url, { auth: spoken("open barley"), audience: ["x:1"], connectTimeoutMs: 10_000 }),
    );
    expect(error).toMatchObject({ code: "unauthenticated", outcome: "not_started", retryable: false });
    expect(error.sentence).toContain("the proof was not accepted. Check the token or device key");
    expect(gateway.sockets).toHaveLength(1);
  });

  it("where the token is wrong, without a trace of it", async () => {
    const gateway = await TestGateway.listen(proving("x:1"));
    const error = await failureOf(connect(gateway.url, { auth: sharedToken("tops3cret"), audience: ["x:1"] }));
    expect(error.code).toBe("unauthenticated");
    expect(JSON.stringify(error) + String(error.stack)).not.toContain("tops3cret");
  });

  it("where the gateway asks for a proof and there is none", async () => {
    const gateway = await TestGateway.listen(proving("x:1"));
    const error = await failureOf(connect(gateway.url));
    expect(error.code).toBe("unauthenticated");
    expect(error.sentence).toContain("the gateway asks for a proof (token, spoken): pass `auth`");
  });

  it("where the gateway takes other proofs", async () => {
    const gateway = await TestGateway.listen(proving("x:1"));
    const auth = { ...spoken(""), method: "written" };
    const error = await failureOf(connect(gateway.url, { auth, audience: ["x:1"] }));
    expect(error.sentence).toContain("the gateway takes token, spoken, not written");
  });

  it("where the proof cannot be made", async () => {
    const gateway = await TestGateway.listen(proving("x:1"));
    const prove = (): Promise<Uint8Array> => Promise.reject(new Error("the key is locked away"));
    const error = await failureOf(connect(gateway.url, { auth: { ...spoken(""), prove }, audience: ["x:1"] }));
    expect(error.sentence).toContain("the proof could not be made");
    expect(error.sentence).not.toContain("locked");
  });

  it("where the gateway goes by another name than was dialled", async () => {
    const gateway = await TestGateway.listen(proving("evil.example:443"));
    expect(acceptsAudience("evil.example:443", gateway.url)).toBe(false);
    const error = await failureOf(connect(gateway.url, { auth: spoken("open sesame") }));
    expect(error.code).toBe("unauthenticated");
    expect(error.sentence).toContain("the gateway says that it is evil.example:443");
    expect(error.sentence).toContain("pass `audience`");
  });

  it("where the gateway lets nobody in at present", async () => {
    const gateway = await TestGateway.listen({
      admission: () => ({ kind: "closed", message: "the gateway is draining", retryAfterMs: 3_000 }),
    });
    const error = await failureOf(connect(gateway.url));
    expect(error).toMatchObject({ code: "unavailable", retryAfterMs: 3_000 });
    expect(error.sentence).toContain("the gateway is draining. The gateway asks to wait 3000 ms");
  });

  it("where a WebSocket is there, and answers something else", async () => {
    const gateway = await TestGateway.listen({ hosted: true });
    gateway.server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
    const error = await failureOf(connect(gateway.url));
    expect(error).toMatchObject({ code: "failed_precondition", outcome: "not_started" });
    expect(error.sentence).toContain("Is there a turnmux gateway");
  });

  it("where a WebSocket is there, and greets", async () => {
    const gateway = await TestGateway.listen({ hosted: true });
    gateway.server.on("connection", (socket) => socket.send('{"type":"welcome"}'));
    const error = await failureOf(connect(gateway.url, { limits: { handshakeMs: 100 } }));
    expect(error.sentence).toContain("turnmux gateway");
  });

  it("where a WebSocket is there, and says nothing", async () => {
    const gateway = await TestGateway.listen({ hosted: true });
    const error = await failureOf(connect(gateway.url, { limits: { handshakeMs: 30 } }));
    expect(error.code).toBe("unavailable");
    expect(error.sentence).toContain("nobody at the other end speaks turnmux");
    expect(error.sentence).toContain("Check that this is where a turnmux gateway listens");
  });

  it("where a WebSocket is there, and closes", async () => {
    const gateway = await TestGateway.listen({ hosted: true });
    gateway.server.on("connection", (socket) => socket.close(4001, "go away"));
    const error = await failureOf(connect(gateway.url));
    expect(error.code).toBe("unavailable");
    expect(error.sentence).toContain("go away (close code 4001)");
  });

  it.each([
    ["401 Unauthorized", "unauthenticated"],
    ["403 Forbidden", "permission_denied"],
    ["404 Not Found", "unavailable"],
    ["200 OK", "unavailable"],
    ["302 Found", "unavailable"],
  ])("where the server answers HTTP %s", async (status, code) => {
    const error = await failureOf(connect(await statusLine(status)));
    expect(error.code).toBe(code);
    expect(error.sentence).toContain(`the server answered HTTP ${status.slice(0, 3)} in place of a WebSocket. `);
  });

  it("where the server asks to come back later", async () => {
    const error = await failureOf(connect(await statusLine("503 Service Unavailable", "Retry-After: 7\r\n")));
    expect(error).toMatchObject({ code: "unavailable", retryAfterMs: 7_000 });
  });

  it("where something else than HTTP is there", async () => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.end("SSH-2.0-OpenSSH\r\n");
    });
    const error = await failureOf(connect(await served(server)));
    expect(error.code).toBe("unavailable");
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("where the server never answers", async () => {
    const url = await speechless(() => {});
    const error = await failureOf(connect(url, { limits: { handshakeMs: 30 } }));
    expect(error.sentence).toContain("no WebSocket was open within 30 ms");
  });

  it("where a factory fails, or makes no socket", async () => {
    const webSocket = (): never => {
      throw new Error("no route");
    };
    expect((await failureOf(connect("ws://x", { webSocket }))).sentence).toContain("no route");
    // What a user without types may do.
    const wrong = { webSocket: () => ({ readyState: 0 }) } as unknown as { webSocket: () => Ws };
    expect((await failureOf(connect("ws://x", wrong))).sentence).toContain("webSocket() must return a WebSocket");
  });
});

describe("connect refuses, as a usage error,", () => {
  it.each(["", "gateway.example", "ftp://gateway.example", "ws+unix:/run/gateway.sock"])("the URL %j", async (url) => {
    await expect(connect(url)).rejects.toThrow(UsageError);
  });

  it.each([
    { connectTimeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { acceptTimeoutMs: -1 },
    { limits: { handshakeMs: 0 } },
    { limits: { handshakeMS: 5 } as object },
    { carriage: "smoke" as "text" },
  ])("the options %j", async (options) => {
    await expect(connect("ws://127.0.0.1:9", options)).rejects.toThrow(UsageError);
  });

  it.each([
    ["nothing", [undefined]],
    ["a text", "text"],
    ["a list of texts", ["text"]],
    ["a function", [connect]],
    ["a carrier", [{ carriage: "text" }]],
    ["parts that are no list", { carriage: { name: "text" } }],
  ])("%s for parts, and says what goes there", async (_what, parts) => {
    const connecting = connect("ws://127.0.0.1:9", { parts: parts as never });
    await expect(connecting).rejects.toThrow(UsageError);
    await expect(connecting).rejects.toThrow(/parts must be an array of these: textCarriage of .*implement$/);
  });

  it("a time that is too short, and says from where on it is not", async () => {
    const connecting = (options: ConnectOptions): Promise<unknown> => connect("ws://127.0.0.1:9", options);
    await expect(connecting({ timeoutMs: 0 })).rejects.toThrow(
      /^timeoutMs must be a number of milliseconds, more than 0$/,
    );
    await expect(connecting({ reconnect: { giveUpMs: -1 } })).rejects.toThrow(
      /^reconnect.giveUpMs must be a number of milliseconds, at least 0$/,
    );
  });
});

describe("An abort", () => {
  it("before connecting opens no socket", async () => {
    const gateway = await TestGateway.listen();
    const reason = new Error("too late");
    const error = await failureOf(connect(gateway.url, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: "cancelled", outcome: "not_started", cause: reason });
    expect(gateway.sockets).toHaveLength(0);
  });

  it("while the key is being read opens no socket", async () => {
    const gateway = await TestGateway.listen();
    const abort = new AbortController();
    const auth = new Promise<ClientAuth>((resolve) => {
      queueMicrotask(() => {
        abort.abort();
        resolve(spoken(""));
      });
    });
    expect((await failureOf(connect(gateway.url, { auth, signal: abort.signal }))).code).toBe("cancelled");
    expect(gateway.sockets).toHaveLength(0);
  });

  it("while the socket is being opened ends that", async () => {
    const asked = gate();
    const url = await speechless(asked.open);
    const abort = new AbortController();
    const failure = failureOf(connect(url, { signal: abort.signal }));
    await asked.passed;
    abort.abort(new Error("enough"));
    expect(await failure).toMatchObject({ code: "cancelled", cause: new Error("enough") });
  });

  it("during the handshake ends that, and closes the socket", async () => {
    const gateway = await TestGateway.listen({ hosted: true });
    const abort = new AbortController();
    const failure = failureOf(connect(gateway.url, { signal: abort.signal }));
    const socket = await gateway.socket(1);
    await once(socket, "message");
    abort.abort();
    expect((await failure).code).toBe("cancelled");
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(1000);
  });

  it("later closes the session", async () => {
    const gateway = await TestGateway.listen();
    const abort = new AbortController();
    const session = await connect(gateway.url, { signal: abort.signal });
    abort.abort();
    expect(await session.closed).toMatchObject({ cause: "closed", code: "cancelled" });
    expect((await failureOf(session.call("echo"))).code).toBe("cancelled");
  });

  it("is no longer listened for once the session is over", async () => {
    const gateway = await TestGateway.listen();
    const { signal } = new AbortController();
    const session = await connect(gateway.url, { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await session.close();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
