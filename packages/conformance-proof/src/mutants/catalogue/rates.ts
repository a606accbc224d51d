/**
 * Mutants of rates.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "rate.any-pings",
  breaks: "RATE-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/rates.ts",
  find: "if (!this.#pings.take(now)) throw",
  replace: "if (now < 0) throw",
  why: "answers PINGs however often they come",
});

mutant({
  id: "rate.any-idle",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/rates.ts",
  find: "if (!this.#idle.take(now)) throw",
  replace: "if (now < 0) throw",
  why: "takes what changes nothing however often it comes",
});

mutant({
  id: "rate.free-credit",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (more < Math.min(LEAST_GRANT, Math.floor(window / 4))) this.rates.idle(now);",
  replace: "",
  why: "takes small grants however often they come",
});

mutant({
  id: "rate.free-ack",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "if (!isNews) this.rates.idle(now);",
  replace: "",
  why: "takes the same ACK however often it comes",
});

mutant({
  id: "rate.free-pong",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: "if (this.#heartbeat?.pong(frame, now) !== true) sink.rates.idle(now);",
  replace: "this.#heartbeat?.pong(frame, now);",
  why: "takes PONGs that it has not asked for",
});

mutant({
  id: "rate.free-accept",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "if (!this.#accept(stream, frame)) this.#rates.idle(now);",
  replace: "this.#accept(stream, frame);",
  why: "takes the same ACCEPT however often it comes",
});

mutant({
  id: "rate.free-offer",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "if (!this.#offer(frame)) this.#rates.idle(now);",
  replace: "this.#offer(frame);",
  why: "takes the same OFFER however often it comes",
});

mutant({
  id: "rate.free-goaway",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: "if (this.#peerDrains) sink.rates.idle(now);",
  replace: "",
  why: "takes GOAWAY with code 0 however often it comes",
});

mutant({
  id: "rate.free-skips",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: "for (let more = this.#skipped - frames.length; more > 0; more--) sink.rates.idle(now);",
  replace: "",
  why: "skips frames however many there are",
});

mutant({
  id: "rate.counts-all-skips",
  breaks: "RATE-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: "for (let more = this.#skipped - frames.length; more > 0; more--)",
  replace: "for (let more = this.#skipped; more > 0; more--)",
  why: "counts frames that are skipped beside others",
});

mutant({
  id: "rate.any-resets",
  breaks: "RATE-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/rates.ts",
  find: "if (!this.#resets.take(now)) throw",
  replace: "if (now < 0) throw",
  why: "takes RESET however often it comes",
});

mutant({
  id: "rate.free-late-credit",
  breaks: "RATE-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "        this.rates.reset(now);\n        return;",
  replace: "        return;",
  why: "takes CREDIT for streams that are over however often it comes",
});

mutant({
  id: "rate.free-late-data",
  breaks: "RATE-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "if (frame.body.length < SHORT_FRAGMENT) this.#rates.reset(now);",
  replace: "",
  why: "takes DATA for streams that are over however often it comes",
});

mutant({
  id: "rate.any-fragments",
  breaks: "RATE-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/rates.ts",
  find: "if (this.#fragments.take(now)) return;",
  replace: "if (now >= 0) return;",
  why: "takes short fragments however often they come",
});

mutant({
  id: "rate.cuts-crumbs",
  breaks: "RATE-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: "this.#fragment = Math.min(stream.fragment, channel.fragment, options.limits.framePayload);",
  replace: "this.#fragment = 1;",
  why: "cuts a body at whatever credit there is",
});
