import { run } from "@turnmux/conformance";
import { expect, it } from "vitest";
import type { Edit } from "../../src/mutants/mutant.ts";
import { mutantTarget } from "../../src/reference.ts";

const LINES = "packages/conformance-proof/src/peers/lines.ts";
const PEER = "packages/core/src/peer/peer.ts";

/** Takes each line a while after it has come, whatever it does meanwhile on its sockets. */
const SLOW: readonly Edit[] = [
  { file: LINES, find: 'lines.on("line", (line) => {', replace: "const take = (line: string): void => {" },
  {
    file: LINES,
    find: '  });\n  lines.on("close"',
    replace: `  };
  lines.on("line", (line) => {
    AbortSignal.timeout(300).addEventListener("abort", () => take(line));
  });
  lines.on("close"`,
  },
];

const DEAF: Edit = {
  file: PEER,
  find: "if (this.#ended || this.#peerDrains) return false;",
  replace: "if (this.#ended) return false;",
};

it("that a client does not do what it is told is not taken from how slowly it reads its lines", async () => {
  const only = ({ id }: { readonly id: string }): boolean => id === "chan.drained-opens-nothing";
  const verdictOf = async (id: string, edits: readonly Edit[]): Promise<unknown> => {
    const { results } = await run({ role: "client", target: mutantTarget("client", { id, edits }), only });
    return results.find(only)?.verdict;
  };
  expect(await verdictOf("slow", SLOW)).toBe("pass");
  expect(await verdictOf("slow-and-deaf", [...SLOW, DEAF])).toBe("fail");
}, 180_000);
