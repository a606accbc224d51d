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
  what: "connect: calls both ways, resume, delivery, flow control",
  source: using("connect", "@turnmux/client"),
};

/** See the module's comment. */
export const ENTRIES: readonly SizeEntry[] = [
  CLIENT,
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
  { name: "everything", what: "all that the package exports", source: 'export * from "@turnmux/client";' },
  {
    name: "@msgpack/msgpack",
    what: "a yardstick: that library alone",
    source: using("decode, encode", "@msgpack/msgpack"),
  },
];

/** A part of {@link CLIENT} that not every application uses, and that a bundler cannot leave out. */
export interface SizeShare {
  readonly name: string;
  readonly what: string;
  /** The paths of its modules. */
  readonly modules: RegExp;
}

/** What the client would be smaller by, each for itself: what several of them have in common is in none. */
export const SHARES: readonly SizeShare[] = [
  {
    name: "share: text and wrapped carriage",
    what: "frames as JSON",
    modules: /core\/src\/wire\/(rows|text|wrapped|base64|listed)\.ts$/,
  },
  {
    name: "share: implement",
    what: "running tools that the gateway calls",
    modules:
      /core\/src\/(session\/(dispatcher|incoming|runner|registry|inquiries)|contract\/(tool|json-schema|scrub|tree|describe|outcome))\.ts$/,
  },
  {
    name: "share: once",
    what: "recording calls of the client's own once tools",
    modules:
      /core\/src\/(session\/(once|recorder|recorded|keyed-calls|execution|aftermath)|journal\/(sha256|fingerprint|memory))\.ts$/,
  },
  {
    name: "share: resume and delivery",
    what: "sessions that outlive connections",
    modules: /core\/src\/(session\/(resumption|retries)|delivery\/\w+)\.ts$/,
  },
];
