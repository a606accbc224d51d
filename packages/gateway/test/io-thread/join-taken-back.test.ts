/** A key that the other thread holds, where that thread has not been told yet that somebody waits for it. */
import { Execution, ToolRegistry, type JournalClaim } from "@turnmux/core";
import { expect, it } from "vitest";
import { KeyExchange } from "../../src/io-thread/keys.ts";
import type { KeyMessage } from "../../src/io-thread/messages.ts";
import { jobs } from "../../../core/test/support/restarts.ts";

function asked() {
  const registry = new ToolRegistry({ hasJournal: true });
  const never = (): never => {
    throw new Error("it runs elsewhere");
  };
  registry.implement(jobs, { add: never, again: never, secret: never, note: never });
  const [tool] = registry.all();
  if (tool === undefined) throw new Error("there is no tool");
  const waiting = new Map<number, KeyMessage>();
  const sent: KeyMessage[] = [];
  const keys = new KeyExchange(
    (message) => void (message.kind === "join" ? waiting.set(message.join, message) : sent.push(message)),
    () => undefined,
    (join) => waiting.delete(join),
  );
  /** A call of this key, which is cancelled by what is given back. */
  const call = () => {
    const execution = new Execution(tool, {}, "print");
    const caller = { accept() {}, progress() {}, item: async () => {}, settle() {} };
    execution.join(caller);
    const claim: JournalClaim = {
      owner: "io",
      epoch: 1,
      principal: "ann",
      key: "k",
      callId: "c",
      tool: tool.name,
      fingerprint: "print",
      atMs: 0,
    };
    const verdict = keys.join(claim, execution);
    return { verdict, cancel: () => execution.leave(caller, new Error("cancelled")) };
  };
  return { call, waiting, sent };
}

it("is left at once by calls that are cancelled, however many there are, and nothing is said of them", async () => {
  const { call, waiting, sent } = asked();
  for (let index = 0; index < 1_000; index++) {
    const { verdict, cancel } = call();
    cancel();
    expect(await verdict).toMatchObject({ kind: "refuse", settled: { code: "cancelled", outcome: "unknown" } });
  }
  expect([waiting.size, sent]).toEqual([0, []]);
});

it("is left by the other thread's leave where it was told before", async () => {
  const { call, waiting, sent } = asked();
  const { cancel } = call();
  waiting.clear();
  cancel();
  expect(sent.map(({ kind }) => kind)).toEqual(["leaveJoined"]);
});
