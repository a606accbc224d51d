/** Endpoints of the I/O thread that cannot be opened: who asked hears of it, the log has it, and nothing keeps the process up. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, sharedToken } from "@turnmux/client";
import type { Endpoint, ListenOptions } from "@turnmux/gateway";
import { connected, dialled, listening, testGateway, type Log } from "../support/gateway.ts";
import { ODD_SECRET } from "../support/odd-auth.ts";

const ODD = new URL("../support/odd-auth.ts", import.meta.url);
const THROWS = new URL("../support/auth-that-throws.ts", import.meta.url);

async function portInUse(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** What was logged as an error. */
function errors(log: Log): string[] {
  return log.of("error").map(({ message, fields }) => `${message}: ${String(fields?.["error"])}`);
}

const ways: readonly { readonly name: string; readonly options: Partial<ListenOptions>; readonly why: RegExp }[] = [
  {
    name: "a module that is not there",
    options: { auth: { module: "file:///nowhere/auth.js" } },
    why: /nowhere.*cannot be loaded/,
  },
  { name: "a module that throws", options: { auth: { module: THROWS } }, why: /cannot be loaded/ },
  { name: "a module without a method", options: { auth: { module: ODD, export: "nothing" } }, why: /must export/ },
  { name: "a certificate that is none", options: { tls: { cert: "none", key: "none" } }, why: /PEM|no start line/i },
  { name: "an address that is not this machine's", options: { host: "192.0.2.1" }, why: /EADDRNOTAVAIL/ },
];

describe("an endpoint that cannot be opened", { timeout: 60_000 }, () => {
  it.each(ways)("rejects `ready` and is in the log, once: $name", async ({ options, why }) => {
    const { gateway, log } = testGateway();
    const fine = await listening(gateway, { ioThread: true });
    const refused = await listening(gateway, { ioThread: true, ...options }).catch((error: unknown) => error);
    expect(String(refused)).toMatch(why);
    expect(errors(log)).toEqual([expect.stringMatching(why)]);
    // The others take no harm.
    expect((await connected(fine)).state).toBe("ready");
  });

  it("can be closed, and another one be opened in its place", async () => {
    const { gateway } = testGateway();
    const options = { port: await portInUse(), ioThread: true };
    let endpoint: Endpoint | undefined;
    await expect(
      (async () => {
        endpoint = gateway.listen({ ...options, auth: { module: ODD, export: "exits" } });
        await endpoint.ready;
      })(),
    ).rejects.toMatchObject({ code: "EADDRINUSE" });
    await endpoint?.close();
    expect(endpoint?.address()).toBeNull();
    expect((await connected(await listening(gateway, { ioThread: true }))).state).toBe("ready");
  });

  it("keeps no process up, whether anybody waits for it or not", async () => {
    const code = `
      import { createGateway } from "@turnmux/gateway";
      const gateway = createGateway({ logger: { debug() {}, info() {}, warn() {}, error: (message) => console.log(message) } });
      const listen = (auth) => gateway.listen({ port: 0, auth, ioThread: true });
      listen({ module: "file:///nowhere/auth.js" });
      await listen({ module: ${JSON.stringify(ODD.href)}, export: "nothing" }).ready.catch((error) => console.log(error.name));
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=turnmux-source", "--input-type=module", "-e", code],
      { cwd: fileURLToPath(new URL("../..", import.meta.url)), timeout: 50_000 },
    );
    const line = "turnmux: an endpoint of the I/O thread could not be opened";
    expect(stdout.trim().split("\n").toSorted()).toEqual(["Error", line, line]);
  });
});

describe("an I/O thread that ends", { timeout: 60_000 }, () => {
  const ends = [
    { how: "exits", cause: /it ended with exit code 7/ },
    { how: "rejects", cause: /nobody handles this/ },
  ] as const;

  it.each(ends)("is in the log with its cause, and has a successor: $how", async ({ how, cause }) => {
    const { gateway, log } = testGateway();
    const { url } = await listening(gateway, { ioThread: true, auth: { module: ODD, export: how } });
    await connect(url, { auth: sharedToken(ODD_SECRET, "odd"), reconnect: false }).catch(() => {});
    const { fields } = await log.line(/the I\/O thread has ended/);
    expect(String(fields?.["error"])).toMatch(cause);
    await dialled(url);
    expect((await connected({ url }, { auth: sharedToken(ODD_SECRET) })).state).toBe("ready");
  });
});
