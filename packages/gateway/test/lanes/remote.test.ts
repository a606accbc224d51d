import { LaneBook, resolveLimits, silentLogger, systemEnvironment, type Environment } from "@turnmux/core";
import { describe, expect, test } from "vitest";
import { LaneDesk, RemoteLanes, type LaneQuestion, type LaneReply } from "../../src/lanes/remote.ts";

/** Lanes in one thread and whoever asks for them in another one, whose messages arrive when a test says so. */
function threads() {
  const timers: (() => void)[] = [];
  let id = 0;
  const environment: Environment = {
    ...systemEnvironment({ globals: globalThis, id: () => `id-${++id}`, log: silentLogger }),
    setTimer: (_at, run) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
  };
  const book = new LaneBook({ environment, limits: resolveLimits() });
  const questions: LaneQuestion[] = [];
  /** Whether what was asked waits in the thread that asks. */
  const holdsBack = { yes: false };
  const replies: LaneReply[] = [];
  const remote = new RemoteLanes({
    environment,
    limits: resolveLimits({ laneQueue: 2 }),
    post: (question) => questions.push(question),
    takeBack: (id) => {
      const place = questions.findIndex(
        (question) => question.id === id && (question.kind === "enterLane" || question.kind === "waitForKey"),
      );
      if (place >= 0 && holdsBack.yes) questions.splice(place, 1);
      return place >= 0 && holdsBack.yes;
    },
  });
  const desk = new LaneDesk(book, (reply) => replies.push(reply));
  return {
    book,
    remote,
    desk,
    timers,
    questions,
    holdsBack,
    /** Lets all messages arrive. */
    settle: async (): Promise<void> => {
      for (let rounds = 0; rounds < 5; rounds++) {
        for (const question of questions.splice(0)) desk.take(structuredClone(question));
        await Promise.resolve();
        for (const reply of replies.splice(0)) remote.take(structuredClone(reply));
        await Promise.resolve();
      }
    },
  };
}

const request = { lane: "s", principal: "ann" };

describe("lanes of another thread", () => {
  test("are given, waited for and given back as those of the own one are", async () => {
    const { remote, book, settle } = threads();
    const first = remote.enter({ ...request, turn: "t-1" });
    const heard: unknown[] = [];
    const second = remote.enter({ ...request, turn: "t-2", queued: (wait) => heard.push(wait) });
    await settle();
    expect(await first.entered).toMatchObject({ kind: "entered" });
    expect(heard).toEqual([{ behind: "t-1", place: 0 }]);
    first.leave();
    first.leave();
    await settle();
    expect(await second.entered).toMatchObject({ kind: "entered" });
    second.leave();
    await settle();
    expect(book.counts).toEqual({ running: 0, waiting: 0 });
  });

  test("are said to be held up where nobody answers, and no more once somebody has", async () => {
    const { remote, timers, settle } = threads();
    const held: string[] = [];
    const asked = { ...request, held: (reason: string) => held.push(reason) };
    remote.enter({ ...asked, turn: "t-1" });
    expect(timers).toHaveLength(1);
    timers[0]?.();
    expect(held).toEqual(["the gateway's main thread is busy"]);
    await settle();
    remote.enter({ ...asked, turn: "t-2" });
    await settle();
    expect(timers).toHaveLength(0);
  });

  test("are left by one that waits no more, at once, whatever the other thread has still to say", async () => {
    const { remote, book, settle } = threads();
    const ticket = remote.enter({ ...request, turn: "t-1" });
    ticket.leave();
    expect(await ticket.entered).toEqual({ kind: "left" });
    await settle();
    expect(book.counts).toEqual({ running: 0, waiting: 0 });
  });

  test("are free when the thread that asked is gone, and it hears no more of them", async () => {
    const { remote, desk, book, questions, settle } = threads();
    const waiting = remote.enter({ ...request, turn: "t-1" });
    remote.enter({ ...request, turn: "t-2" });
    for (const question of questions.splice(0)) desk.take(question);
    desk.abandon();
    await settle();
    expect(book.counts).toEqual({ running: 0, waiting: 0 });
    expect(await Promise.race([waiting.entered, Promise.resolve("nothing")])).toBe("nothing");
  });

  test("are not asked for where as many wait as may, and one may hold the lane, while nobody answers", async () => {
    const { remote, questions, book, settle } = threads();
    const tickets = ["t-1", "t-2", "t-3"].map((turn) => remote.enter({ ...request, turn }));
    const refused = { kind: "refused", refusal: { code: "resource_exhausted", outcome: "not_started" } };
    expect(await remote.enter({ ...request, turn: "t-4" }).entered).toMatchObject(refused);
    expect(questions).toHaveLength(3);
    // What is on behalf of a turn that runs does not wait for it, and another session has a lane of its own.
    remote.enter({ ...request, turn: "t-5", lineage: "somebody's" });
    remote.enter({ ...request, lane: "other", turn: "t-6" });
    expect(questions).toHaveLength(5);
    tickets[1]?.leave();
    remote.enter({ ...request, turn: "t-7" });
    await settle();
    expect(await tickets[0]?.entered).toMatchObject({ kind: "entered" });
    // That one waits no more: another one may. Whether it has to be refused the other thread knows.
    remote.enter({ ...request, turn: "t-8" });
    expect(questions).toHaveLength(1);
    expect(await remote.enter({ ...request, turn: "t-9" }).entered).toMatchObject(refused);
    for (const ticket of tickets) ticket.leave();
    await settle();
    expect(book.counts.running).toBe(2);
  });

  test("leave nothing behind where they are left before they were asked for", async () => {
    const { remote, questions, holdsBack } = threads();
    holdsBack.yes = true;
    for (let index = 0; index < 1_000; index++) {
      const ticket = remote.enter({ ...request, turn: `t-${index}` });
      ticket.leave();
      expect(await ticket.entered).toEqual({ kind: "left" });
    }
    expect(questions).toEqual([]);
  });
});

describe("keys that calls of another thread wait for", () => {
  const place = { principal: "ann", key: "k" };

  /** A turn that has the lane, and a run of the key, which asks for that lane when the test says so. */
  async function held() {
    const all = threads();
    const { book, settle, remote } = all;
    const turn = remote.enter({ ...request, turn: "t" });
    await settle();
    const verdict = await turn.entered;
    const run = book.runs({ ...place, lineage: undefined });
    const asks = () => book.enter({ ...request, turn: "of the run", lineage: run.lineage });
    return { ...all, turn, run, asks, lineage: verdict.kind === "entered" ? verdict.lineage : "" };
  }

  test("are waited for as those of the own one are, until the call leaves", async () => {
    const { remote, settle, asks, lineage } = await held();
    const refused: unknown[] = [];
    const leave = remote.waits({ ...place, lineage, refused: (refusal) => refused.push(refusal) });
    await settle();
    expect(await asks().entered).toMatchObject({ kind: "refused", refusal: { code: "failed_precondition" } });
    leave();
    leave();
    await settle();
    const waits = asks();
    expect(await Promise.race([waits.entered, Promise.resolve("waits")])).toBe("waits");
    expect(refused).toEqual([]);
  });

  test("are not waited for where that would never end, which the call hears", async () => {
    const { remote, settle, asks, lineage } = await held();
    asks();
    const refused: unknown[] = [];
    remote.waits({ ...place, lineage, refused: (refusal) => refused.push(refusal) });
    await settle();
    expect(refused).toMatchObject([
      { code: "failed_precondition", outcome: "unknown", details: { cycle: ["t", "of the run"] } },
    ]);
  });

  test("are not waited for by a call that has left before this was told, nor by a thread that is gone", async () => {
    const { remote, desk, settle, asks, lineage, questions, holdsBack } = await held();
    holdsBack.yes = true;
    remote.waits({ ...place, lineage, refused: () => {} })();
    expect(questions).toEqual([]);
    holdsBack.yes = false;
    remote.waits({ ...place, lineage, refused: () => {} });
    await settle();
    desk.abandon();
    expect(await asks().entered).toMatchObject({ kind: "entered" });
  });
});
