import { describe, expect, test } from "vitest";
import { defineTools, type Attachment } from "@turnmux/gateway";
import { connected, listening, testGateway } from "./support/gateway.ts";
import { attached, host, Inbox } from "./support/host.ts";
import { handle, tools } from "./support/tools.ts";

const alice = { principal: "alice", scopes: [] } as const;

describe("out of the event of a new session", () => {
  test("the session can be closed", async () => {
    const { gateway, log } = testGateway();
    const closed: Promise<void>[] = [];
    gateway.addEventListener("session", ({ detail }) => closed.push(detail.session.close("not today")));
    const endpoint = await listening(gateway);
    await expect(connected(endpoint)).rejects.toThrow(/not today/);
    const local = gateway.openSession(alice);
    expect(await local.closed).toMatchObject({ message: "not today" });
    await Promise.all(closed);
    expect([closed.length, gateway.sessions.size]).toEqual([2, 0]);
    expect(log.of("error")).toEqual([]);
  });

  test("the grant can be changed, and the client called", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    gateway.addEventListener("session", ({ detail }) => detail.session.updateScopes(["admin"]));
    const session = await connected(await listening(gateway));
    await session.client(tools).job.clear();
    await expect(session.client(tools).job.add({ name: "x" })).rejects.toMatchObject({ code: "permission_denied" });
  });

  test("the socket can be given back", async () => {
    const { gateway } = testGateway();
    const { server, client } = await (await host())();
    const attachment: Attachment = gateway.attach(server, alice, { onSession: () => attachment.detach("no, thanks") });
    const session = attached(client);
    expect(await session.closed).toMatchObject({ message: "no, thanks" });
    await attachment.closed;
    expect(gateway.sessions.size).toBe(0);
    const inbox = new Inbox(server);
    client.send("the host's");
    expect(await inbox.first(1)).toEqual(["the host's"]);
  });

  test("the gateway can be closed", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway, { onSession: () => void gateway.close("at once") });
    await expect(connected(endpoint)).rejects.toThrow(/at once/);
    await gateway.close();
    expect(gateway.stats()).toMatchObject({ sessions: 0, unauthenticated: 0 });
  });
});

describe("out of a handler", () => {
  test("the gateway can be closed, and the call ends as others do", async () => {
    const { gateway } = testGateway();
    const { echo } = tools;
    gateway.implement(defineTools({ echo }), {
      echo: async ({ text }) => {
        await gateway.close("by a handler");
        return { text };
      },
    });
    const session = await connected(await listening(gateway));
    await expect(session.call("echo", { text: "x" })).rejects.toMatchObject({
      code: "unavailable",
      outcome: "unknown",
    });
    expect(await session.closed).toMatchObject({ message: "by a handler" });
  });
});
