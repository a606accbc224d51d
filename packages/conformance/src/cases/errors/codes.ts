/**
 * Codes (ERR-004), and failures as the peer hears of them (ERR-001).
 *
 * @module
 */
import { takeHello } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Code, Outcome, type CodeName } from "../../wire/constants.ts";
import { fails } from "../calls/support.ts";

const CODES = (Object.keys(Code) as CodeName[]).filter((name) => name !== "ok");

const RETRYABLE: ReadonlySet<CodeName> = new Set(["resource_exhausted", "unavailable"]);

check({
  id: "errors.each-code",
  title: "each code of the table travels as it is",
  covers: ["ERR-004.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const name of CODES) {
      const input = { how: "error", code: Code[name], outcome: Outcome.failed };
      await fails(t, session, { tool: "test.fail", input }, { code: name, outcome: "failed", clause: "ERR-004.1" });
    }
  },
});

check({
  id: "errors.each-code-heard",
  title: "the peer's application hears each code of the table as it is, and any other as unknown",
  covers: ["ERR-004.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const [index, name] of CODES.entries()) {
      const outcome = index % 4;
      const call = await t.peerCalls(session);
      (await call.incoming()).fail({ code: Code[name], outcome, message: `because of ${name}` });
      const settled = await call.settled();
      t.equal(
        [settled.code, settled.outcome, settled.message, settled.retryable],
        [name, ["not_started", "failed", "completed", "unknown"][outcome], `because of ${name}`, RETRYABLE.has(name)],
        "What the peer's application was told",
      );
    }
    const other = await t.peerCalls(session);
    (await other.incoming()).fail({ code: CODES.length + 1, outcome: Outcome.failed });
    t.equal((await other.settled()).code, "unknown", "The code that the peer's application was told", "ERR-004.2");
  },
});

check({
  id: "errors.unknown-code",
  title: "a code that the table does not have reads as unknown",
  covers: ["ERR-004.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const code of [17, 99, 2 ** 40]) {
      const call = await t.peerCalls(session);
      (await call.incoming()).fail({ code, outcome: Outcome.completed });
      const settled = await call.settled();
      const told = [settled.ok, settled.code, settled.outcome];
      t.equal(told, [false, "unknown", "completed"], "What the peer's application was told", "ERR-004.2");
    }
  },
});

for (const frame of ["GOAWAY", "REFUSE"] as const) {
  check({
    id: `errors.unknown-code-of-${frame.toLowerCase()}`,
    title: `a code that the table does not have reads as unknown in ${frame}, too, which ends what it ends`,
    covers: ["ERR-004.2"],
    role: "client",
    async run(t) {
      const options = { connect: { reconnect: false } };
      if (frame === "GOAWAY") {
        const session = await t.session(options);
        session.send(build.goaway({ code: 99, message: "for a reason of its own" }));
        t.equal((await t.event(session, "closed"))["code"], "unknown", "The code of the end", "ERR-004.2");
        return;
      }
      const channel = await t.socket(options);
      const { hello } = await takeHello(channel);
      channel.send(build.refuse({ clientNonce: hello.nonce, code: 99, message: "for a reason of its own" }));
      t.equal((await t.event(channel, "closed"))["code"], "unknown", "The code of the end", "ERR-004.2");
    },
  });
}

check({
  id: "errors.retryable-as-said",
  title: "what END says of whether a call may be tried again counts over what its code says, also over an unknown one",
  covers: ["ERR-004.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const [code, retryable] of [
      [Code.unavailable, false],
      [Code.aborted, true],
      [99, true],
    ] as const) {
      const call = await t.peerCalls(session);
      (await call.incoming()).fail({ code, outcome: Outcome.failed, retryable });
      const settled = await call.settled();
      t.equal(settled.retryable, retryable, "Whether it may be tried again");
      if (code === 99) t.equal(settled.code, "unknown", "What a code of no table was read as", "ERR-004.2");
    }
  },
});

for (const [name, outcome] of [
  ["without-outcome", undefined],
  ["with-no-outcome-of-the-table", 4],
] as const) {
  check({
    id: `errors.failure-${name}`,
    title: `END of a failure ${name.replaceAll("-", " ")} ends the session`,
    covers: ["ERR-001"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.peerCalls(session);
      const { stream } = await call.incoming();
      await t.breaks(session, "ERR-001", () => session.send(build.end(stream, { code: Code.aborted, outcome })));
    },
  });
}
