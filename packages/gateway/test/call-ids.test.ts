import { expect, test } from "vitest";
import { defineTools, tool } from "@turnmux/gateway";
import { z } from "zod";
import { connected, listening, nextSession, testGateway } from "./support/gateway.ts";

const tools = defineTools({
  id: tool({ description: "Gives the identifier of its call", input: z.null(), output: z.string(), effect: "read" }),
});

/** The random part has 21 of 64 characters: 126 bits. */
const CALL_ID = /^[\w-]{21}\.[0-9a-z]+$/;

test("calls have identifiers of their own with at least 120 random bits, whoever makes them and in whatever session [CALL-018]", async () => {
  const { gateway } = testGateway();
  const id = (_input: null, call: { readonly callId: string }): string => call.callId;
  gateway.implement(tools, { id });
  const endpoint = await listening(gateway);
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    const next = nextSession(gateway);
    const client = await connected(endpoint);
    client.implement(tools, { id });
    const session = await next;
    for (const caller of [client, session, gateway.openSession({ principal: "bob", scopes: [] })]) {
      ids.push(await caller.client(tools).id(null), await caller.client(tools).id(null));
    }
  }
  for (const one of ids) expect(one).toMatch(CALL_ID);
  expect(new Set(ids).size).toBe(18);
  expect(new Set(ids.map((one) => one.slice(0, 21))).size).toBe(9);
});
