/** Threads that end before their calls do. */
import { describe, expect, test } from "vitest";
import { causeOf, workerGateway, workerTools } from "../support/worker-tools.ts";

describe("a call whose handler ends its thread", () => {
  test.each([
    ["exit", "internal", /ended its thread/, /worker exited with code: 7/],
    ["throw", "internal", /crashed its thread/, /nobody catches this/],
    ["memory", "resource_exhausted", /more memory/, /memory limit/],
  ] as const)("ends, says why, and harms no other: %s", async (how, code, sentence, cause) => {
    const workers = { maxThreads: 2, resourceLimits: { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 8 } };
    const { session, log } = workerGateway({ workers });
    const client = session.client(workerTools);
    const stop = new AbortController();
    const begun = Promise.withResolvers<unknown>();
    const other = client.busy("cancelled", { signal: stop.signal, onProgress: begun.resolve });
    await begun.promise;
    await expect(client.die(how)).rejects.toMatchObject({
      code,
      outcome: "failed",
      retryable: false,
      sentence: expect.stringMatching(sentence),
    });
    expect(causeOf(await log.line(/die failed|thread of a worker tool has ended/))).toMatch(cause);
    expect(await client.echo("there is another thread")).toBe("there is another thread");
    stop.abort();
    expect(await other.result).toBe("saw it");
  });
});
