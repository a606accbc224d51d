/** What crosses the wire between two WebSockets, below both of them. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** One WebSocket frame (RFC 6455 section 5.2). */
export interface WireFrame {
  /** From the client, or from the server. */
  readonly from: "client" | "server";
  readonly fin: boolean;
  /** RSV1: the message is compressed (RFC 7692). */
  readonly compressed: boolean;
  /** 0 goes on with a message, 1 starts a text, 2 starts octets; 8 and above are close, ping and pong. */
  readonly opcode: number;
  /** The payload, unmasked. */
  readonly payload: Buffer;
}

/** Stands between a client and a server, and writes down what passes. */
export class WireTap {
  readonly frames: WireFrame[] = [];
  /** Where a client dials. */
  readonly port: number;

  private constructor(port: number) {
    this.port = port;
  }

  /** Passes everything on to a port of this machine. Gone when the test is. */
  static async before(target: number): Promise<WireTap> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
      join(near, far, new FrameReader((frame) => tap.frames.push({ from: "client", ...frame })));
      join(far, near, new FrameReader((frame) => tap.frames.push({ from: "server", ...frame })));
      sockets.add(near).add(far);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the tap has no port");
    const tap = new WireTap(address.port);
    return tap;
  }
}

/** The tag that messages to the client carry, and that to the gateway: those of the first messages behind the handshake. */
export function tagsOf(tap: WireTap): { readonly client: Buffer; readonly gateway: Buffer } {
  return { client: tagIn(tap, "server"), gateway: tagIn(tap, "client") };
}

function tagIn(tap: WireTap, from: WireFrame["from"]): Buffer {
  for (const frame of tap.frames) {
    const { payload } = frame;
    if (frame.from !== from || frame.opcode !== 2 || payload.readUInt16BE(0) !== 0xc101) continue;
    const tag = payload.subarray(2, 10);
    if (tag.some((octet) => octet !== 0)) return tag;
  }
  throw new Error(`no message with a tag came from the ${from}`);
}

function join(from: Socket, to: Socket, reader: FrameReader): void {
  from.on("data", (chunk) => {
    reader.read(chunk);
    to.write(chunk);
  });
  from.on("end", () => to.end());
  // The tests hear of it from the WebSockets.
  from.on("error", () => to.destroy());
}

/** Reads WebSocket frames behind the HTTP head. */
class FrameReader {
  readonly #frame: (frame: Omit<WireFrame, "from">) => void;
  #octets = Buffer.alloc(0);
  #inHead = true;

  constructor(frame: (frame: Omit<WireFrame, "from">) => void) {
    this.#frame = frame;
  }

  read(chunk: Buffer): void {
    this.#octets = Buffer.concat([this.#octets, chunk]);
    if (this.#inHead) {
      const end = this.#octets.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#inHead = false;
      this.#octets = this.#octets.subarray(end + 4);
    }
    for (let length = this.#one(); length > 0; length = this.#one()) this.#octets = this.#octets.subarray(length);
  }

  /** The length of the frame that is there, or 0. */
  #one(): number {
    const octets = this.#octets;
    if (octets.length < 2) return 0;
    const [first = 0, second = 0] = octets;
    const short = second & 0x7f;
    const lengthAt = short === 126 ? 4 : short === 127 ? 10 : 2;
    const start = lengthAt + (second & 0x80 ? 4 : 0);
    if (octets.length < start) return 0;
    const length = short === 126 ? octets.readUInt16BE(2) : short === 127 ? Number(octets.readBigUInt64BE(2)) : short;
    if (octets.length < start + length) return 0;
    const payload = Buffer.from(octets.subarray(start, start + length));
    if (second & 0x80) {
      const mask = octets.subarray(lengthAt, start);
      for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
    }
    this.#frame({ fin: (first & 0x80) !== 0, compressed: (first & 0x40) !== 0, opcode: first & 0x0f, payload });
    return start + length;
  }
}
