// The numbers of the protocol, as docs/spec.md gives them: frame types, flags, codes, outcomes and the rest.

/** Frame types (section 2). */
export const FrameType = {
  hello: 0x01,
  challenge: 0x02,
  proof: 0x03,
  welcome: 0x04,
  refuse: 0x05,
  open: 0x10,
  accept: 0x11,
  data: 0x12,
  end: 0x13,
  reset: 0x14,
  credit: 0x20,
  ack: 0x21,
  ping: 0x22,
  pong: 0x23,
  offer: 0x24,
  goaway: 0x25,
} as const;

/** The name of a frame type that the specification knows. */
export type FrameName = keyof typeof FrameType;

/** Flags of a frame (section 2). */
export const Flag = { more: 0x01, final: 0x02, cont: 0x04, base64: 0x80 } as const;

/** Codes of END, RESET, REFUSE and GOAWAY (section 7); 0 is success, and in GOAWAY drain. */
export const Code = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
} as const;

/** The name of a code. */
export type CodeName = keyof typeof Code;

/** Outcomes of a call that failed (section 7). */
export const Outcome = { not_started: 0, failed: 1, completed: 2, unknown: 3 } as const;

/** The name of an outcome. */
export type OutcomeName = keyof typeof Outcome;

/** Contents of a body (section 9). */
export const Content = { none: 0, json: 1, msgpack: 2, text: 3, bytes: 4 } as const;

/** The name of a content. */
export type ContentName = keyof typeof Content;

/** States of ACCEPT (section 6). */
export const AcceptState = { running: 0, queued: 1, joined: 2, replayed: 3, waiting: 4 } as const;

/** The name of a state of ACCEPT. */
export type AcceptStateName = keyof typeof AcceptState;

/** Kinds of DATA (section 6). */
export const DataKind = { progress: 1, item: 2 } as const;

/** Effects of a tool (section 8). */
export const Effect = { read: 0, idempotent: 1, once: 2 } as const;

/** The name of an effect. */
export type EffectName = keyof typeof Effect;

/** Priorities of OPEN (section 6). */
export const Priority = { interactive: 0, normal: 1, bulk: 2 } as const;

/** Modes of OFFER (section 8). */
export const OfferMode = { replace: 0, add: 1, remove: 2 } as const;

/** The name that a table gives a number, or undefined. */
export function nameIn<Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name | undefined {
  for (const name in table) {
    if (table[name] === value) return name;
  }
  return undefined;
}

/** The name of a code; one that is not in the table reads as `unknown`, as a receiver has to (ERR-004). */
export function codeName(code: number): CodeName {
  return nameIn(Code, code) ?? "unknown";
}

/** The name of an outcome, or undefined where the number is none. */
export function outcomeName(outcome: number): OutcomeName | undefined {
  return nameIn(Outcome, outcome);
}

/** The name of a content, or undefined where the number is none. */
export function contentName(content: number): ContentName | undefined {
  return nameIn(Content, content);
}

/** The name of a state of ACCEPT, or undefined where the number is none. */
export function acceptStateName(state: number): AcceptStateName | undefined {
  return nameIn(AcceptState, state);
}
