/** What a session gets when it is announced counts from its first call on, with an I/O thread as without. */
import { connect, sharedToken, TurnmuxError, type ClientSession } from "@turnmux/client";
import { describe, expect, it } from "vitest";
import { createGateway, tokenAuth, type GatewaySession } from "../../src/index.ts";
import { tools } from "./tools.ts";

const SECRET = "a shared secret of the tests";

/** Calls with a session of its own, as soon as that stands, several times. Gives what came of it, each once. */
async function calls(
  ioThread: boolean,
  announced: (session: GatewaySession) => void,
  call: (client: ClientSession) => Promise<unknown>,
): Promise<unknown[]> {
  const gateway = createGateway({ logger: { debug() {}, info() {}, warn() {}, error() {} } });
  gateway.implement(tools.shared, { add: ({ a, b }) => a + b, secret: () => "told" });
  gateway.addEventListener("session", ({ detail }) => announced(detail.session));
  try {
    const auth = tokenAuth(SECRET, { principal: "alice", scopes: [] });
    const endpoint = gateway.listen({ port: 0, auth, ioThread });
    await endpoint.ready;
    const came = new Set<unknown>();
    for (let n = 0; n < 20; n += 1) {
      const client = await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false });
      const said = (error: unknown): string =>
        TurnmuxError.is(error) ? `${error.code}, ${error.outcome}` : "no error of ours";
      came.add(await call(client).catch(said));
      await client.close();
    }
    return [...came];
  } finally {
    await gateway.close();
  }
}

describe.each([
  ["the main thread", false],
  ["the I/O thread", true],
])("with sockets in %s, a session's first call", (_name, ioThread) => {
  it("runs a tool that the session implements itself", async () => {
    const announced = (session: GatewaySession): void => {
      session.implement(tools.own, { mine: () => "own" });
    };
    expect(await calls(ioThread, announced, (client) => client.client(tools.own).mine({}))).toEqual(["own"]);
  }, 60_000);

  it("has the scopes that the session was given", async () => {
    const announced = (session: GatewaySession): void => session.updateScopes(["write"]);
    expect(await calls(ioThread, announced, (client) => client.client(tools.shared).secret({}))).toEqual(["told"]);
  }, 60_000);

  it("is refused where the session has neither the tool nor the scopes", async () => {
    const nothing = (): void => {};
    const unknown = await calls(ioThread, nothing, (client) => client.client(tools.own).mine({}));
    expect(unknown).toEqual(["unimplemented, not_started"]);
    const denied = await calls(ioThread, nothing, (client) => client.client(tools.shared).secret({}));
    expect(denied).toEqual(["permission_denied, not_started"]);
  }, 60_000);
});
