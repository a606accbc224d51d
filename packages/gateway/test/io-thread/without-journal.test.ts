/** An I/O thread that starts when the gateway's journal is there no more. */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "@turnmux/gateway";
import { testGateway } from "../support/gateway.ts";
import { openJournal } from "../support/journal-files.ts";
import { mortal } from "../support/mortal.ts";

const tools = defineTools({
  look: tool({ description: "Looks", input: z.object({}), output: z.string(), effect: "read" }),
  work: tool({ description: "Works", input: z.object({}), output: z.string(), effect: "once" }),
});

it("says that calls with a key cannot be recorded, and takes all others", async () => {
  const journal = openJournal();
  const { gateway, log } = testGateway({ journal });
  gateway.implement(tools, { look: () => "seen", work: () => "done" });
  const { client, kill } = await mortal(gateway);
  await expect(client.client(tools).work({}, { key: "1" })).resolves.toBe("done");
  await journal.close();
  await kill();
  await expect(client.client(tools).look({})).resolves.toBe("seen");
  const refused = { code: "unavailable", outcome: "not_started" };
  // Another key: what the dead thread had not told yet of the first one its successor may still know from the main thread.
  await expect(client.client(tools).work({}, { key: "2" })).rejects.toMatchObject(refused);
  const { fields } = await log.line(/the journal took no claims/);
  expect(String(fields?.["error"])).toContain("journal");
}, 60_000);
