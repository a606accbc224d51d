import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Runs this in a process of its own, which must end by itself. */
async function run(code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=turnmux-source", "--input-type=module", "-e", code],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), timeout: 50_000 },
  );
  return stdout.trim();
}

const PRELUDE = `
import { z } from "zod";
import { createGateway, defineTools, memoryJournal, tokenAuth, tool } from "@turnmux/gateway";
import { connect, sharedToken } from "@turnmux/client";
const hold = tool({ description: "Waits", input: z.object({}), output: z.string(), effect: "read", timeoutMs: 60_000 });
const tools = defineTools({ hold });
const gateway = createGateway({ journal: memoryJournal() });
let started;
const running = new Promise((resolve) => { started = resolve; });
let finish;
gateway.implement(tools, { hold: () => new Promise((resolve) => { finish = resolve; started(); }) });
const grant = { principal: "alice", scopes: [], expiresAt: Date.now() + 3_600_000 };
const endpoint = gateway.listen({ port: 0, auth: tokenAuth("a secret", grant) });
await endpoint.ready;
const session = await connect(endpoint.url, { auth: sharedToken("a secret"), reconnect: false });
const local = gateway.openSession(grant);
`;

test("a gateway that was made, and listens nowhere, keeps no process up", async () => {
  const code = `import { createGateway } from "@turnmux/gateway"; createGateway(); console.log("end");`;
  expect(await run(code)).toBe("end");
}, 60_000);

test("a process ends by itself once its gateway has drained, whatever deadlines and grants were still to run", async () => {
  const code = `
    const call = session.client(tools).hold({});
    await running;
    const drained = gateway.drain();
    finish("done");
    console.log(await call, JSON.stringify(await drained));
  `;
  expect(await run(PRELUDE + code)).toBe('done {"cutCalls":0}');
}, 60_000);

test("and once it was closed with a call under way", async () => {
  const code = `
    const call = local.client(tools).hold({}).catch((error) => error.code);
    await running;
    await gateway.close();
    console.log(await call);
  `;
  expect(await run(PRELUDE + code)).toBe("unavailable");
}, 60_000);
