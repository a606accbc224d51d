/** A client whose event loop was blocked reads what has already arrived before it acts on anything overdue (CALL-015). */
import { describe, expect, it } from "vitest";
import type { ClientOptions } from "./programs/client.ts";
import { AnsweringGateway } from "./support/gateway.ts";
import { Program } from "./support/program.ts";
import { RawGateway } from "./support/raw-gateway.ts";

const MIB = 1 << 20;

/** Lets the event loop turn. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const CLIENT = new URL("./programs/client.ts", import.meta.url);

/** A client of this gateway. */
async function clientOf(url: string, options: ClientOptions = {}): Promise<Program> {
  const client = new Program(CLIENT);
  client.ask({ do: "connect", url, options });
  await client.told("ready");
  return client;
}

describe("A client that was blocked beyond the deadline of its call", () => {
  it("takes the answer that came in time", async () => {
    const gateway = await AnsweringGateway.start();
    const client = await clientOf(gateway.url);
    client.ask({ do: "call", id: "late", tool: "answer", input: 3, timeoutMs: 3_000 });
    const asked = await gateway.asked();
    await client.block(4_500);
    asked.answer();
    await gateway.written();
    client.release();
    expect(await client.told("ended", "late")).toEqual({ name: "ended", id: "late", length: 3 });
  });

  it("takes an answer that many looks at its sockets bring", async () => {
    const gateway = await AnsweringGateway.start();
    // Nothing is waited for behind the deadline: what counts is what has arrived.
    const client = await clientOf(gateway.url, { deadlineVerdictMs: 1, framePayload: 1_024, oneAtATime: true });
    // All of it may be on its way before anything of it was read (FLOW-009).
    const length = MIB / 4;
    client.ask({ do: "call", id: "large", tool: "answer", input: length, timeoutMs: 3_000 });
    const asked = await gateway.asked();
    await client.block(4_500);
    asked.answer();
    await gateway.written();
    client.release();
    expect(await client.told("ended", "large")).toEqual({ name: "ended", id: "large", length });
  });

  it("takes an answer that its peer still has to send the most of, as long as it keeps coming", async () => {
    const gateway = await AnsweringGateway.start();
    const client = await clientOf(gateway.url, { deadlineVerdictMs: 5_000 });
    client.ask({ do: "call", id: "huge", tool: "answer", input: 12 * MIB, timeoutMs: 3_000 });
    const asked = await gateway.asked();
    await client.block(4_500);
    asked.answer();
    await gateway.written();
    client.release();
    expect(await client.told("ended", "huge")).toEqual({ name: "ended", id: "huge", length: 12 * MIB });
  });

  it("still ends the call where nothing came", async () => {
    const gateway = await RawGateway.start(60_000);
    const client = await clientOf(gateway.url);
    client.ask({ do: "call", id: "lost", tool: "answer", input: 1, timeoutMs: 300 });
    await gateway.next("open");
    await client.block(1_000);
    client.release();
    expect(await client.told("ended", "lost")).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
  });

  it("still ends the call where its peer floods it", async () => {
    const gateway = await RawGateway.start(60_000);
    const client = await clientOf(gateway.url);
    client.ask({ do: "call", id: "flooded", tool: "answer", input: 1, timeoutMs: 300 });
    const open = await gateway.next("open");
    // Each says something new, so that none is one too many (RATE-002).
    const places = [1, 2].map(
      (place) =>
        ({ type: "accept", stream: open?.stream ?? 0, state: 1, reason: "queued behind another", place }) as const,
    );
    await client.block(1_000);
    gateway.flood(...places);
    client.release();
    const ended = client.told("ended", "flooded");
    while (client.has("ended", "flooded") === undefined && gateway.open) {
      gateway.flood(...places);
      await turn();
    }
    expect(await ended).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
  });
});

describe("A client that was blocked beyond its limit on ACCEPT", () => {
  it("does not give up a call that was accepted in time", async () => {
    const gateway = await AnsweringGateway.start();
    const client = await clientOf(gateway.url);
    client.ask({ do: "call", id: "accepted", tool: "answer", input: 3, acceptTimeoutMs: 1_000, timeoutMs: 60_000 });
    const asked = await gateway.asked();
    await client.block(1_100);
    await gateway.written();
    client.release();
    // Whatever the client says of the first call it says before this one.
    client.ask({ do: "call", id: "next", tool: "echo", input: "next" });
    await client.told("ended", "next");
    expect(asked.call.signal.aborted).toBe(false);
    asked.answer();
    expect(await client.told("ended", "accepted")).toEqual({ name: "ended", id: "accepted", length: 3 });
  });
});

describe("A client that was blocked for more than two and a half heartbeat intervals", () => {
  it("does not take its gateway for silent", async () => {
    const gateway = await RawGateway.start(100);
    const client = await clientOf(gateway.url);
    await client.block(400);
    gateway.send({ type: "ping", id: 77 });
    client.release();
    expect(await gateway.next("pong")).toMatchObject({ id: 77 });
    gateway.send({ type: "ping", id: 78 });
    expect(await gateway.next("pong")).toMatchObject({ id: 78 });
    expect(client.has("closed")).toBe(undefined);
  });

  it("ends the channel where nothing came", async () => {
    const gateway = await RawGateway.start(100);
    const client = await clientOf(gateway.url);
    await client.block(400);
    client.release();
    await client.told("closed");
  });
});
