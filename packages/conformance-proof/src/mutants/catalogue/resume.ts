/**
 * Mutants of resuming.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

const CHANNEL = "packages/core/src/channel/channel.ts";
const CLIENT = "packages/core/src/channel/client-channel.ts";
const CONVERSATION = "packages/core/src/session/conversation.ts";
const DELIVERY = "packages/core/src/delivery/delivery.ts";
const LIFELINE = "packages/core/src/session/lifeline.ts";
const RESUMPTION = "packages/core/src/session/resumption.ts";
const SESSION = "packages/core/src/session/session.ts";
const SESSIONS = "packages/core/src/session/resumable-sessions.ts";
const STANDING = "packages/core/src/session/standing-session.ts";
const ENDING = "packages/client/src/connection/ending.ts";
const CALLER = "packages/core/src/session/caller.ts";
const OUTGOING = "packages/core/src/session/outgoing.ts";

mutant({
  id: "resume.short-token",
  breaks: "RESUME-001",
  roles: ["gateway"],
  file: STANDING,
  find: "randomOctets(RESUME_TOKEN_OCTETS)",
  replace: "randomOctets(RESUME_TOKEN_OCTETS / 4)",
  why: "draws tokens of 64 bits",
});

mutant({
  id: "resume.one-token",
  breaks: "RESUME-001",
  roles: ["gateway"],
  file: STANDING,
  find: "    this.#former = token;\n    this.#token = this.#drawToken();",
  replace: "    this.#former = token;",
  why: "gives the same token again when a session is resumed",
});

mutant({
  id: "resume.token-for-ever",
  breaks: "RESUME-002.1",
  roles: ["gateway"],
  file: STANDING,
  find: "    if (read) this.#former = undefined;\n",
  replace: "",
  why: "takes a token again although its successor was used",
});

mutant({
  id: "resume.token-void-at-once",
  breaks: "RESUME-002.2",
  roles: ["gateway"],
  file: STANDING,
  find: "    this.#former = token;\n",
  replace: "",
  why: "takes no token again once WELCOME is said, though that may be lost",
});

mutant({
  id: "resume.goaway-voids-token",
  breaks: "RESUME-002.2",
  roles: ["gateway"],
  file: CHANNEL,
  find: 'read: first?.type !== "goaway" || first.code === 0 }',
  replace: "read: true }",
  why: "takes a GOAWAY for a sign that WELCOME was read",
});

mutant({
  id: "resume.no-ack",
  breaks: "RESUME-002.3",
  roles: ["client"],
  file: RESUMPTION,
  find: "      lifeline.delivery.acknowledgeNow();\n",
  replace: "",
  why: "does not say ACK when its session was resumed",
});

mutant({
  id: "resume.reads-the-former-channel",
  breaks: "RESUME-003",
  roles: ["gateway"],
  file: SESSIONS,
  find: "    holder?.takenOver();\n",
  replace: "",
  why: "goes on reading the former channel of a session that is resumed",
});

mutant({
  id: "resume.counts-too-few",
  breaks: "RESUME-003",
  roles: ["gateway"],
  file: CONVERSATION,
  find: "resumedFrom: delivery.received }",
  replace: "resumedFrom: Math.max(0, delivery.received - 1) }",
  why: "states a frame less than has arrived",
});

mutant({
  id: "resume.client-counts-too-few",
  breaks: "RESUME-003",
  roles: ["client"],
  file: RESUMPTION,
  find: "token, received: lifeline.delivery.received }",
  replace: "token, received: Math.max(0, lifeline.delivery.received - 1) }",
  why: "states a frame less than has arrived",
});

mutant({
  id: "resume.for-anybody",
  breaks: "RESUME-004.1",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: SESSIONS,
  find: "    if (session === undefined || session.identity.principal !== principal) {",
  replace: "    if (session === undefined) {",
  why: "resumes a session for whoever has its token",
});

mutant({
  id: "resume.with-any-token",
  breaks: "RESUME-004.2",
  roles: ["gateway"],
  file: SESSIONS,
  find: "    if (!session.accepts(resume.token)) return",
  replace: "    if (resume.token.length > 100) return",
  why: "resumes a session with any token",
});

mutant({
  id: "resume.with-a-longer-token",
  breaks: "RESUME-004.2",
  roles: ["gateway"],
  file: STANDING,
  find: "  let different = given.length === secret.length ? 0 : 1;",
  replace: "  let different = given.length >= secret.length ? 0 : 1;",
  why: "takes a token with octets behind it",
});

for (const [what, find, replace] of [
  ["limits", "!sameLimits(limits, hello.limits) ||", ""],
  ["contents", "|| !sameContents ", ""],
  ["credit", "|| !sameCredit)", ")"],
] as const) {
  mutant({
    id: `resume.with-other-${what}`,
    breaks: "RESUME-004.3",
    roles: ["gateway"],
    file: SESSIONS,
    find,
    replace,
    why: `resumes a session whose client states other ${what} than before`,
  });
}

mutant({
  id: "resume.with-any-count",
  breaks: "RESUME-004.4",
  roles: ["gateway"],
  file: DELIVERY,
  find: "    if (!this.#acknowledge(peerReceived)) return false;",
  replace: "    this.#acknowledge(peerReceived);",
  why: "resumes a session with a count that cannot be",
});

mutant({
  id: "resume.keeps-who-counts-wrong",
  breaks: "RESUME-004.4",
  roles: ["gateway"],
  file: CONVERSATION,
  find: '      lifeline.end({\n        cause: "violation",',
  replace: '      if (message === "") lifeline.end({\n        cause: "violation",',
  why: "keeps a session that was to be resumed with a count that cannot be",
});

mutant({
  id: "resume.takes-any-count",
  breaks: "RESUME-004.5",
  roles: ["client"],
  file: DELIVERY,
  find: "    if (!this.#acknowledge(peerReceived)) return false;",
  replace: "    this.#acknowledge(peerReceived);",
  why: "takes a WELCOME with a count that cannot be",
});

mutant({
  id: "resume.takes-other-limits",
  breaks: "RESUME-004.5",
  roles: ["client"],
  file: RESUMPTION,
  find: "      const same = sameCredit && sameLimits(welcome.limits, standing.welcome.limits);",
  replace: "      const same = sameCredit;",
  why: "takes a WELCOME that resumes with other limits",
});

mutant({
  id: "resume.takes-no-credit",
  breaks: "RESUME-004.5",
  roles: ["client"],
  edits: [
    {
      file: RESUMPTION,
      find: "      const same = sameCredit && sameLimits(welcome.limits, standing.welcome.limits);",
      replace: "      const same = sameCredit || lifeline.delivery !== undefined;",
    },
  ],
  why: "takes a WELCOME that resumes without credit",
});

for (const [what, find, ways] of [
  ["loss", 'end.cause === "lost" || ', undefined],
  ["silence", 'end.cause === "silent" || ', ["binary", "text"]],
  ["data-loss", ' || end.code === "data_loss"', undefined],
] as const) {
  mutant({
    id: `resume.over-at-${what}`,
    breaks: "RESUME-005.1",
    roles: ["gateway", "client"],
    ...(ways === undefined ? {} : { ways }),
    file: DELIVERY,
    find,
    replace: "",
    why: `ends the session with its channel at ${what}`,
  });
}

mutant({
  id: "resume.gives-up-for-good",
  breaks: "RESUME-005.1",
  roles: ["client"],
  ways: ["binary", "text"],
  file: CLIENT,
  find: 'this.#hello.resume === undefined ? "unavailable" : "data_loss"',
  replace: '"unavailable"',
  why: "ends the session where the handshake that was to resume it takes too long",
});

mutant({
  id: "resume.survives-goaway",
  breaks: "RESUME-005.2",
  roles: ["gateway", "client"],
  file: DELIVERY,
  find: 'end.cause === "lost" || ',
  replace: 'end.cause === "lost" || end.cause === "goaway" || ',
  why: "keeps a session that its peer has ended by GOAWAY",
});

mutant({
  id: "resume.survives-a-breach",
  breaks: "RESUME-005.2",
  roles: ["gateway"],
  file: DELIVERY,
  find: 'end.cause === "lost" || ',
  replace: 'end.cause === "lost" || end.cause === "violation" || ',
  why: "keeps a session whose client broke the protocol",
});

mutant({
  id: "resume.takes-over-in-silence",
  breaks: "RESUME-006.1",
  roles: ["gateway"],
  file: CONVERSATION,
  find: 'this.link.release("the session was taken over by another connection", "aborted");',
  replace: 'this.link.release("the session was taken over by another connection");',
  why: "does not tell the former channel that its session was taken over",
});

mutant({
  id: "resume.takes-over-by-another-code",
  breaks: "RESUME-006.1",
  roles: ["gateway"],
  file: CONVERSATION,
  find: 'this.link.release("the session was taken over by another connection", "aborted");',
  replace: 'this.link.release("the session was taken over by another connection", "unavailable");',
  why: "tells the former channel to come back",
});

mutant({
  id: "resume.does-not-take-over",
  breaks: "RESUME-006.1",
  roles: ["gateway"],
  file: SESSIONS,
  find: "    if (!session.accepts(resume.token)) return",
  replace:
    '    if (session.holder !== undefined) return "the session stands";\n    if (!session.accepts(resume.token)) return',
  why: "does not resume a session whose former channel stands",
});

mutant({
  id: "resume.fights-back",
  breaks: "RESUME-006.2",
  roles: ["client"],
  file: ENDING,
  find: '  if (end.code === "data_loss") return true;',
  replace: '  if (end.code === "data_loss" || end.code === "aborted") return true;',
  why: "connects again when another one has taken over its session",
});

mutant({
  id: "resume.keeps-none",
  breaks: "RESUME-007.1",
  roles: ["gateway"],
  file: CONVERSATION,
  find: "    if (standing.lifeline.unbind(end) && standing.known && sessions !== undefined) sessions.park(standing, end);",
  replace: "    if (!standing.lifeline.unbind(end) && sessions !== undefined) sessions.park(standing, end);",
  why: "ends a session with its channel",
});

mutant({
  id: "resume.short-window",
  breaks: "RESUME-007.1",
  roles: ["gateway"],
  file: SESSIONS,
  find: "    const until = environment.now() + limits.resumeWindowMs;",
  replace: "    const until = environment.now() + limits.resumeWindowMs / 8;",
  why: "keeps a session for an eighth of its window",
});

mutant({
  id: "resume.breaks-handlers-off",
  breaks: "RESUME-007.1",
  roles: ["gateway"],
  file: SESSION,
  find: "    this.#incoming.suspended();\n",
  replace: "    this.#incoming.suspended();\n    this.#incoming.abandon();\n",
  why: "breaks handlers off when the channel is lost",
});

mutant({
  id: "resume.parks-one-less",
  breaks: "RESUME-007.1",
  roles: ["gateway"],
  file: SESSIONS,
  find: "    if (share.sessions.size > limits.parkedSessions && oldest !== undefined) {",
  replace: "    if (share.sessions.size >= limits.parkedSessions && oldest !== undefined) {",
  why: "keeps one session without a channel less than its limit says",
});

mutant({
  id: "resume.window-never-over",
  breaks: "RESUME-007.2",
  roles: ["gateway"],
  file: SESSIONS,
  find: "    const until = environment.now() + limits.resumeWindowMs;",
  replace: "    const until = environment.now() + limits.resumeWindowMs * 100;",
  why: "keeps a session beyond its window",
});

mutant({
  id: "resume.keeps-unheard",
  breaks: "RESUME-007.3",
  roles: ["gateway"],
  file: STANDING,
  find: "  known = false;",
  replace: "  known = true;",
  why: "keeps a session of whose client nothing was heard behind WELCOME",
});

mutant({
  id: "resume.opens-none-again",
  breaks: "RESUME-008.should",
  roles: ["client"],
  file: CALLER,
  find: "    if (again !== undefined && this.#session.mayWait) {",
  replace: '    if (again === "untaken" && this.#session.mayWait) {',
  why: "opens no call again that was under way",
});

mutant({
  id: "resume.opens-read-ones-again",
  breaks: "RESUME-008.1",
  roles: ["client"],
  file: CALLER,
  find: "      if (call.itemsReceived === 0) this.#reopen(call);",
  replace: "      if (call.itemsReceived >= 0) this.#reopen(call);",
  why: "opens a call again whose items were given to the application",
});

mutant({
  id: "resume.claims-no-start",
  breaks: "RESUME-008.2",
  roles: ["client"],
  file: OUTGOING,
  find: '    const known = outcome === "not_started" && this.cut !== undefined ? "unknown" : outcome;',
  replace: "    const known = outcome;",
  why: "says of a call that was under way before that it did not start, where it was not taken when it was opened again",
});

mutant({
  id: "resume.by-the-old-grant",
  breaks: "RESUME-009.1",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: CONVERSATION,
  find: "    standing.grant(grant.scopes, leftMs);\n    const more",
  replace: "    const more",
  why: "goes on by the scopes that the session was opened with",
});

mutant({
  id: "resume.offers-nothing-new",
  breaks: "RESUME-009.2",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: SESSION,
  find: "    if (!isSame) this.#setScopes(scopes);",
  replace: "    if (!isSame) this.#takeScopes(scopes);",
  why: "does not offer again where the grant of a resumed session is another one",
});

mutant({
  id: "resume.drains-once",
  breaks: "RESUME-009.3",
  roles: ["gateway"],
  file: LIFELINE,
  find: "    if (draining !== undefined) this.#link?.drain(draining.message, draining.retryAfterMs);\n",
  replace: "    if (draining !== undefined) this.wake();\n",
  why: "does not say again that it drains",
});

mutant({
  id: "resume.tells-how-it-ended",
  breaks: "RESUME-010",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: SESSIONS,
  find: "      if (end?.principal === principal) return end.message;",
  replace: "      if (end !== undefined) return end.message;",
  why: "tells how the session of another principal ended",
});

mutant({
  id: "resume.tells-that-it-stands",
  breaks: "RESUME-010",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: SESSIONS,
  find: "    if (session === undefined || session.identity.principal !== principal) {",
  replace:
    '    if (session !== undefined && session.identity.principal !== principal) return "it belongs to somebody else";\n    if (session === undefined) {',
  why: "tells that a session is another principal's",
});
