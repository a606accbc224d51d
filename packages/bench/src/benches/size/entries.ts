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
