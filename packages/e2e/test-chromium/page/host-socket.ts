/** What a page's own listeners see of turnmux, and turnmux of the page. */
import { attach } from "@turnmux/client";
import { tools } from "../../test/shared-socket/traffic/tools.ts";

/** How many messages of each kind a listener heard. */
export interface Heard {
  host: number;
  turnmux: number;
}

/** Listens in many ways around `attach`, makes calls, and asks the other side of the host for a message. */
export async function listenAroundAttach(url: string): Promise<Readonly<Record<string, Heard>>> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const all: Record<string, Heard> = {};
  const listener = (name: string): ((event: MessageEvent) => void) => {
    const heard: Heard = { host: 0, turnmux: 0 };
    all[name] = heard;
    return ({ data }) => {
      if (data instanceof ArrayBuffer) heard.turnmux += 1;
      else heard.host += 1;
    };
  };
  socket.addEventListener("message", listener("addEventListener, before"));
  socket.addEventListener("message", listener("capturing, before"), { capture: true });
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a host may
  socket.onmessage = listener("onmessage, before");
  const client = attach(socket);
  socket.addEventListener("message", listener("addEventListener, after"));
  socket.addEventListener("message", listener("capturing, after"), { capture: true });
  await client.ready;
  const answered = new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
  for (let i = 0; i < 10; i++) await client.client(tools).echo(i);
  socket.send("say something");
  await answered;
  await client.close();
  socket.close();
  return all;
}

/** Sets the socket to `"blob"` while turnmux has binary carriage on it. */
export async function switchToBlob(url: string): Promise<{ readonly end: string; readonly heard: readonly string[] }> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const client = attach(socket);
  const heard: string[] = [];
  let left = 2;
  const both = new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      heard.push(data instanceof Blob ? `a blob of ${data.size}` : String(data));
      left -= 1;
      if (left === 0) resolve();
    });
  });
  await client.ready;
  socket.binaryType = "blob";
  socket.send("say something in octets");
  const { message } = await client.closed;
  socket.send("say something");
  await both;
  socket.close();
  return { end: message, heard };
}

/** Calls while the socket still holds more of the host's octets than turnmux would put there. Nothing comes back but the result. */
export async function callBehindHost(url: string): Promise<unknown> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const client = attach(socket);
  await client.ready;
  const octets = new Uint8Array(1_000_000);
  for (let i = 0; i < 6; i++) socket.send(octets);
  const held = socket.bufferedAmount;
  const result = await client.client(tools).echo("behind it");
  await client.close();
  socket.close();
  return { held: held > 1_000_000, result };
}
