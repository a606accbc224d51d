import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LINE_CHARACTERS, PeerProcess } from "../../src/harness/driver.ts";
import { run } from "../../src/suite/runner.ts";

const DRIVER = fileURLToPath(new URL("../../src/harness/driver.ts", import.meta.url));
const READY = String.raw`process.stdout.write('{"ready":{}}\n');`;

// Each program under test has a connection to this server, which ends when the program does, and ends the program when the test does.
let server: Server;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => sockets.push(socket.resume().on("error", () => {}))).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
});

/** Code that holds a connection to the server of the test. */
function holding(): string {
  const address = server.address() as AddressInfo;
  return `require("node:net").connect(${address.port}, "127.0.0.1").on("close", () => process.exit()).on("error", () => {});`;
}

function node(code: string): readonly [string, ...string[]] {
  return [process.execPath, "-e", code];
}

/** A program that ends with its input, and leaves a child behind that has its output. */
function leaving(child: string, detached: boolean): readonly [string, ...string[]] {
  const options = `{ stdio: ["ignore", "inherit", "inherit"], detached: ${detached} }`;
  return node(
    `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], ${options});
     process.stdin.resume().on("end", () => process.exit());`,
  );
}

async function connection(): Promise<Socket> {
  const [socket] = sockets;
  if (socket !== undefined) return socket;
  await once(server, "connection");
  return connection();
}

function gone(socket: Socket): Promise<unknown> {
  return socket.closed ? Promise.resolve() : once(socket, "close");
}

/** What a process is at: it begins with T where it was stopped. */
function stateOf(pid: number): Promise<string> {
  return new Promise((resolve) => execFile("ps", ["-o", "stat=", "-p", String(pid)], (_, stdout) => resolve(stdout)));
}

/** Runs code that has PeerProcess in a process of its own. */
function suite(code: string): Promise<{ readonly signal: string | undefined }> {
  const script = `import { PeerProcess } from ${JSON.stringify(DRIVER)}; ${code}`;
  const args = ["--conditions=turnmux-source", "--input-type=module", "-e", script];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error) => resolve({ signal: error?.signal ?? undefined }));
  });
}

describe("a peer under test", () => {
  it.each(["stop", "kill"] as const)("takes its children with it at %s", async (how) => {
    const peer = new PeerProcess(leaving(`${holding()} ${READY}`, false), {}, 30_000);
    await peer.ready;
    const socket = await connection();
    await peer[how]();
    await gone(socket);
  });

  it("is stopped for a while with its children, and goes on with them", async () => {
    const child = `process.stdout.write(JSON.stringify({ event: "pid", pid: process.pid }) + "\\n"); ${holding()} ${READY}`;
    const peer = new PeerProcess(leaving(child, false), {}, 30_000);
    await peer.ready;
    const { pid } = await peer.general.take(({ event }) => event === "pid", 30_000, "its child");
    peer.signal("SIGSTOP");
    await expect.poll(() => stateOf(Number(pid)), { timeout: 10_000 }).toMatch(/^T/);
    peer.signal("SIGCONT");
    await expect.poll(() => stateOf(Number(pid)), { timeout: 10_000 }).not.toMatch(/^T/);
    await peer.stop();
  });

  it("does not hold the suite where a child that it cannot reach has its pipes", async () => {
    const command = JSON.stringify(leaving(`${holding()} ${READY}`, true));
    const ended = suite(`const peer = new PeerProcess(${command}, {}, 30_000); await peer.ready; await peer.stop();`);
    await expect(ended).resolves.toEqual({ signal: undefined });
  });

  it.each(["SIGKILL", "SIGTERM"])("ends where the suite is ended by %s", async (signal) => {
    const command = JSON.stringify(
      node(`${holding()} ${READY} process.stdin.resume().on("end", () => process.exit());`),
    );
    const ended = suite(
      `const peer = new PeerProcess(${command}, {}, 30_000); await peer.ready; process.kill(process.pid, "${signal}");`,
    );
    await expect(ended).resolves.toEqual({ signal });
    await gone(await connection());
  });

  it("does not hold a run that is given up, however long it takes to be ready", async () => {
    for (const role of ["gateway", "client"] as const) {
      const controller = new AbortController();
      server.once("connection", () => controller.abort());
      // The connection that it holds keeps it up.
      const command = node(holding());
      const { results } = await run({ role, target: { command }, signal: controller.signal });
      expect(results.map(({ verdict }) => verdict)).toEqual(["error"]);
      for (const socket of sockets) await gone(socket);
    }
  });

  const FLOOD = `const chunk = "x".repeat(1 << 20); const write = () => process.stdout.write(chunk, write);`;
  const TOO_LONG = "The peer under test printed a line of more than 16 MiB.";

  it("fails where the first line of its output does not end", async () => {
    const peer = new PeerProcess(node(`${FLOOD} write();`), {}, 30_000);
    await expect(peer.ready).rejects.toThrow(TOO_LONG);
    await peer.ended;
  });

  it("fails where a later line of its output does not end", async () => {
    const peer = new PeerProcess(node(`${READY} ${FLOOD} process.stdin.once("data", write);`), {}, 30_000);
    await peer.ready;
    peer.send({ do: "flood" });
    await expect(peer.events("s").take(() => true, 30_000, "an event")).rejects.toThrow(TOO_LONG);
    await peer.ended;
  });

  it("may print a line as long as a line may be, and many of them", async () => {
    const long = `const line = JSON.stringify({ event: "long", session: "s", pad: "x".repeat(${LINE_CHARACTERS - 100}) }) + "\\n";`;
    const peer = new PeerProcess(node(`${long} process.stdout.write(line + line); ${READY}`), {}, 30_000);
    await peer.ready;
    expect(peer.events("s").entries).toHaveLength(2);
    await peer.stop();
  });

  it("is quoted with the beginnings of the lines of its standard error output", async () => {
    const peer = new PeerProcess(
      node(`process.stderr.write("y".repeat(1 << 20) + "\\r\\nlast\\r\\n"); ${READY}`),
      {},
      30_000,
    );
    await peer.ready;
    await peer.stop();
    expect(peer.said).toMatch(/^It said: y{8192} \| last$/);
  });
});
