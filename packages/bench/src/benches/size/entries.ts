/**
 * The bundles whose sizes are told.
 *
 * @module
 */

/** One bundle. */
export interface SizeEntry {
  readonly name: string;
  /** What is in it, in a few words. */
  readonly what: string;
  /** An ES module that uses it. */
  readonly source: string;
}

function using(names: string, from: string): string {
  return `import { ${names} } from ${JSON.stringify(from)};\nexport const used = [${names}];`;
}

/** What an application loads that connects and calls. It is the figure that the limit counts. */
export const CLIENT: SizeEntry = {
  name: "client",
  what: "connect and call: binary carriage, resume, delivery, flow control",
  source: using("connect", "@turnmux/client"),
};

/** With further parts of the client. */
function withPart(name: string, entry: string, what: string): SizeEntry {
  return {
    name: `client and ${entry}`,
    what,
    source: `${CLIENT.source}\nimport { ${name} } from "@turnmux/client/${entry}";\nexport const part = ${name};`,
  };
}

/** See the module's comment. */
export const ENTRIES: readonly SizeEntry[] = [
  CLIENT,
  withPart("implementing", "implement", "the same, and runs tools that the gateway calls, once tools among them"),
  withPart("textCarriage", "text", "the same, and text carriage"),
  withPart("wrappedCarriage", "wrapped", "the same, and wrapped carriage"),
  {
    name: "attach",
    what: "the same on a host's WebSocket, without connect",
    source: using("attach", "@turnmux/client"),
  },
  {
    name: "contracts",
    what: "connect, and contracts of tools as applications write them",
    source: using("connect, defineTools, tool, TurnmuxError", "@turnmux/client"),
  },
  {
    name: "everything",
    what: "all that the package exports",
    source: ["client", "client/implement", "client/text", "client/wrapped"]
      .map((entry) => `export * from "@turnmux/${entry}";`)
      .join("\n"),
  },
  {
    name: "@msgpack/msgpack",
    what: "a yardstick: that library alone",
    source: using("decode, encode", "@msgpack/msgpack"),
  },
];

/** A part of {@link CLIENT}. */
export interface SizeShare {
  readonly name: string;
  readonly what: string;
  /** The paths of its modules. */
  readonly modules: RegExp;
}

/** All of {@link CLIENT}, part by part. */
export const SHARES: readonly SizeShare[] = [
  { name: "of it: frames", what: "headers to octets and back, binary carriage, UTF-8", modules: /core\/src\/wire\// },
  {
    name: "of it: values",
    what: "JSON, MessagePack, text, octets, and what is wrong with a value",
    modules: /core\/src\/content\//,
  },
  {
    name: "of it: streams",
    what: "the state machine of calls, assembly, turns, credit",
    modules: /core\/src\/(peer|flow)\//,
  },
  {
    name: "of it: delivery and resume",
    what: "sessions that outlive connections",
    modules: /core\/src\/(delivery\/|session\/(resumption|lifeline|retries))|core\/src\/journal\//,
  },
  {
    name: "of it: sessions",
    what: "calls, deadlines, items, turns, interceptors",
    modules: /core\/src\/(lanes\/|session\/(?!resumption|lifeline|retries|dialer|link|gate))/,
  },
  {
    name: "of it: channels",
    what: "handshake, heartbeat, rates, batching, backpressure",
    modules: /core\/src\/(channel|auth)\/|core\/src\/session\/(dialer|link|gate)/,
  },
  { name: "of it: carriers", what: "WebSockets, own or a host's", modules: /core\/src\/carrier\// },
  {
    name: "of it: contracts and errors",
    what: "typed clients, codes, what a model reads, limits",
    modules: /core\/src\/(contract\/|errors\/|[\w-]+\.ts)/,
  },
  { name: "of it: connections", what: "options, dialing, backoff", modules: /client\/src\// },
];
