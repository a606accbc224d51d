import { connect as connectTcp } from "node:net";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Endpoint, Gateway } from "@turnmux/gateway";
import { ZERO_TAG } from "../../core/src/wire/carriage.ts";
import type { Frame, OpenFrame } from "../../core/src/wire/frame.ts";
import { connected, httpServer, listening, testGateway } from "./support/gateway.ts";
import { anybody, hello, RawClient, refusedUpgrade } from "./support/raw.ts";
import { handle, tools } from "./support/tools.ts";

const FAILED_PRECONDITION = 9;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;

const open: OpenFrame = {
  type: "open",
  stream: 1,
  more: false,
  final: true,
  tool: "echo",
  callId: "c",
  content: 1,
  body: Buffer.from('{"text":"x"}'),
};

/** An endpoint with somebody on it who must notice nothing. */
async function endpointWithGuest(options: Parameters<typeof testGateway>[0] = {}) {
  const { gateway, log } = testGateway(options);
  handle(gateway);
  const { server, empty } = await httpServer();
  const endpoint = await listening(gateway, { server });
  // In process: it has no handshake that a test's limits could end.
  const guest = gateway.openSession({ principal: "guest", scopes: [] });
  const stillServed = async (): Promise<void> => {
    expect(await guest.client(tools).echo({ text: "undisturbed" })).toEqual({ text: "undisturbed" });
    expect(gateway.sessions.size).toBe(1);
    expect(log.of("error")).toEqual([]);
  };
  return { gateway, log, endpoint, stillServed, empty };
}

/** The REFUSE that comes next, and the close behind it. */
async function expectRefusal(client: RawClient, code: number, message: RegExp): Promise<void> {
  expect(await client.next()).toMatchObject({ type: "refuse", code, message: expect.stringMatching(message) });
  expect(await client.next()).toBe(undefined);
  expect((await client.closed).code).toBe(1008);
}

describe("what comes before it is due", () => {
  const early: Record<string, { readonly say: (client: RawClient) => void; readonly answer: RegExp }> = {
    "random octets": {
      say: ({ ws }) => ws.send(Uint8Array.from({ length: 300 }, (_, i) => (i * 97) % 251)),
      answer: /state "start", where HELLO was expected \[HAND-005\]/,
    },
    "no octets at all": {
      say: ({ ws }) => ws.send(new Uint8Array(0)),
      answer: /state "start", where HELLO was expected \[HAND-005\]/,
    },
    "text of another protocol": {
      say: ({ ws }) => ws.send('{"type":"req","method":"connect"}'),
      answer: /state "start", where HELLO was expected \[HAND-005\]/,
    },
    "text that begins like turnmux's": {
      say: ({ ws }) => ws.send('{"turnmux":[1,"0000000000000000",garbage'),
      answer: /\[CARR-010\]/,
    },
    "a call before HELLO": {
      say: (client) => client.say(open),
      answer: /OPEN came in state "start", where HELLO was expected \[HAND-005\]/,
    },
    "a proof before HELLO": {
      say: (client) =>
        client.say({
          type: "proof",
          clientNonce: new Uint8Array(16),
          method: "token",
          keyId: "",
          proof: new Uint8Array(32),
        }),
      answer: /PROOF came in state "start", where HELLO was expected \[HAND-005\]/,
    },
    "a frame that is cut off": {
      say: ({ ws }) => ws.send(Buffer.concat([Buffer.of(0xc1, 1), ZERO_TAG, Buffer.of(0, 9, 9, 1, 0)])),
      answer: /\[FRAME-002\]/,
    },
  };

  test.each(Object.entries(early))(
    "%s: is answered with the state and what was expected",
    async (_name, { say, answer }) => {
      const { endpoint, stillServed } = await endpointWithGuest();
      const client = await RawClient.open(endpoint.url);
      say(client);
      expect(await client.next()).toMatchObject({ type: "refuse", message: expect.stringMatching(answer) });
      expect((await client.closed).code).toBe(1008);
      await stillServed();
    },
  );

  const afterChallenge: Record<string, { readonly frame: Frame; readonly answer: RegExp }> = {
    "a call": { frame: open, answer: /OPEN came in state "challenged", where PROOF was expected \[HAND-005\]/ },
    "another HELLO": {
      frame: hello({ agent: "somebody else" }),
      answer: /HELLO came in state "challenged", where PROOF was expected \[HAND-005\]/,
    },
  };

  test.each(Object.entries(afterChallenge))("%s in place of PROOF, likewise", async (_name, { frame, answer }) => {
    const { endpoint, stillServed } = await endpointWithGuest();
    const client = await RawClient.open(endpoint.url);
    client.say(hello());
    const challenge = await client.next();
    if (challenge?.type !== "challenge") throw new Error("not challenged");
    client.send(frame.type === "hello" ? ZERO_TAG : challenge.tag, [frame]);
    await expectRefusal(client, FAILED_PRECONDITION, answer);
    await stillServed();
  });

  test("in text carriage it is answered in text", async () => {
    const { endpoint } = await endpointWithGuest();
    const client = await RawClient.open(endpoint.url);
    client.say(open, "text");
    await expectRefusal(client, FAILED_PRECONDITION, /OPEN came in state "start"/);
  });
});

describe("octets before WELCOME", () => {
  test("are refused beyond their limit, in one message or in many [HAND-007]", async () => {
    const { endpoint, stillServed } = await endpointWithGuest();
    const one = await RawClient.open(endpoint.url);
    const long = Buffer.alloc(70 * 1024);
    long.set([0xc1, 1]);
    one.ws.send(long);
    await expectRefusal(one, RESOURCE_EXHAUSTED, /more than 65536 octets came before WELCOME \[HAND-007\]/);
    const many = await RawClient.open(endpoint.url);
    for (let i = 0; i < 900; i++) many.say(hello());
    expect(await many.next()).toMatchObject({ type: "challenge" });
    await expectRefusal(many, RESOURCE_EXHAUSTED, /more than 65536 octets came before WELCOME \[HAND-007\]/);
    await stillServed();
  });

  test("are counted as they come in: a message without an end is cut off", async () => {
    const { gateway, stillServed } = await endpointWithGuest();
    const endpoint = await listening(gateway, { maxPayload: 2 ** 30 });
    const client = await RawClient.open(endpoint.url);
    const piece = Buffer.alloc(16 * 1024);
    const flood = (): void => {
      if (client.ws.readyState === client.ws.OPEN) client.ws.send(piece, { fin: false }, flood);
    };
    flood();
    expect(await client.closed).toEqual({ code: 1009, reason: "too many octets came before WELCOME [HAND-007]" });
    await stillServed();
  });

  test("as one message beyond maxPayload close the connection with 1009", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway, { maxPayload: 1_000 });
    const client = await RawClient.open(endpoint.url);
    client.ws.send(new Uint8Array(1_001));
    expect((await client.closed).code).toBe(1009);
  });
});

describe("time before WELCOME", () => {
  test("is limited for those who say nothing", async () => {
    const { endpoint, stillServed, gateway } = await endpointWithGuest({ limits: { handshakeMs: 1_000 } });
    const client = await RawClient.open(endpoint.url);
    expect(await client.closed).toEqual({ code: 1008, reason: "the handshake was not finished within 1000 ms" });
    await stillServed();
    expect(gateway.stats().handshakes).toEqual({ accepted: 1, refused: 1 });
  });

  test("is limited for those who do not prove anything [HAND-007]", async () => {
    const { endpoint, stillServed } = await endpointWithGuest({ limits: { handshakeMs: 1_000 } });
    const client = await RawClient.open(endpoint.url);
    client.say(hello());
    expect(await client.next()).toMatchObject({ type: "challenge" });
    await expectRefusal(client, DEADLINE_EXCEEDED, /not finished within 1000 ms \[HAND-007\]/);
    await stillServed();
  });
});

describe("connections without a session", () => {
  async function crowded(gateway: Gateway): Promise<{ endpoint: Endpoint; crowd: RawClient[] }> {
    const endpoint = await listening(gateway, { maxUnauthenticated: 3 });
    const crowd = await Promise.all([1, 2, 3].map(() => RawClient.open(endpoint.url)));
    return { endpoint, crowd };
  }

  test("are limited; more get HTTP 503 and a sentence, until there is room again", async () => {
    const { gateway, log } = testGateway();
    handle(gateway);
    const { endpoint, crowd } = await crowded(gateway);
    expect(gateway.stats().unauthenticated).toBe(3);
    expect(await refusedUpgrade(endpoint.url)).toMatchObject({
      status: 503,
      body: "3 connections are in their handshake already. Try again.\n",
      headers: { "retry-after": "1" },
    });
    expect((await log.line(/too many connections without a session/)).level).toBe("warn");
    const [first] = crowd;
    first?.say(open);
    await first?.closed;
    const session = await connected(endpoint);
    expect(await session.client(tools).echo({ text: "x" })).toEqual({ text: "x" });
    expect(gateway.stats().unauthenticated).toBe(2);
  });

  test("do not count once they have proved who they are", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway, { maxUnauthenticated: 1 });
    for (let i = 0; i < 3; i++) await connected(endpoint);
    expect(gateway.stats()).toMatchObject({ sessions: 3, unauthenticated: 0 });
  });
});

describe("a connection that breaks WebSocket or HTTP itself", () => {
  /** A TCP connection that has sent this, and all that came back until it closed. */
  async function spoken(endpoint: Endpoint, ...chunks: (string | Uint8Array)[]): Promise<string> {
    const { hostname, port } = new URL(endpoint.url);
    const socket = connectTcp({ host: hostname, port: Number(port) });
    onTestFinished(() => void socket.destroy());
    let heard = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (heard += chunk));
    socket.on("error", () => {});
    await once(socket, "connect");
    for (const chunk of chunks) socket.write(chunk);
    await once(socket, "close");
    return heard;
  }

  /** A close frame with this code, at the end of what was heard. */
  const closedWith = (code: number): RegExp =>
    new RegExp(`^HTTP/1.1 101 [^]*\x88.${String.fromCharCode(code >> 8, code & 0xff)}`);

  const request = (...headers: string[]): string =>
    `${["GET /session HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket", ...headers].join("\r\n")}\r\n\r\n`;
  const right = request("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");

  test("harms nobody else", async () => {
    const { endpoint, stillServed, gateway, empty } = await endpointWithGuest();
    expect(await spoken(endpoint, request())).toMatch(/^HTTP\/1\.1 400 /);
    expect(await spoken(endpoint, "\0\0\0\0garbage\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    // Not masked; a reserved opcode; text that is not UTF-8.
    expect(await spoken(endpoint, right, Buffer.of(0x82, 0x01, 0x00))).toMatch(closedWith(1002));
    expect(await spoken(endpoint, right, Buffer.of(0x83, 0x80, 0, 0, 0, 0))).toMatch(closedWith(1002));
    expect(await spoken(endpoint, right, Buffer.of(0x81, 0x81, 0, 0, 0, 0, 0xff))).toMatch(closedWith(1007));
    await empty();
    await stillServed();
    expect(gateway.stats().unauthenticated).toBe(0);
  });

  test("or that is cut in the middle of the handshake, leaves nothing behind", async () => {
    const { endpoint, stillServed, gateway, empty } = await endpointWithGuest();
    const client = await RawClient.open(endpoint.url);
    client.say(hello());
    expect(await client.next()).toMatchObject({ type: "challenge" });
    client.ws.terminate();
    await client.closed;
    await empty();
    await stillServed();
    expect(gateway.stats().unauthenticated).toBe(0);
  });
});

describe("frames behind WELCOME", () => {
  test("that break the protocol end their own session, with the requirement, and close with 1002", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const client = await RawClient.open((await listening(gateway, { auth: anybody })).url);
    const tag = await client.welcomed();
    client.send(tag, [{ ...open, stream: 2 }]);
    expect(await client.next()).toMatchObject({ type: "goaway", requirement: "STREAM-001" });
    expect((await client.closed).code).toBe(1002);
    expect(gateway.sessions.size).toBe(0);
  });
});
