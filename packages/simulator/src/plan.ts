/**
 * What a seed stands for: who is there, what they ask for, and what goes wrong. Drawn before anything happens.
 *
 * @module
 */
import type { Limits } from "@turnmux/core";
import type { ConnectionOptions } from "./connection.ts";
import { Random } from "./random.ts";
import { readerOf, WIDE, windowsOf } from "./windows.ts";
import { isOnce, padding, sendsItems, type Script, type ToolName } from "./tools.ts";

/** A call that an application will make. */
export interface CallPlan {
  readonly kind: "call";
  /** The client that makes it, or whose tools the gateway calls. */
  readonly client: number;
  readonly byGateway: boolean;
  readonly tool: ToolName;
  readonly script: Script;
  readonly key: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly acceptTimeoutMs: number | undefined;
  readonly cancelAfterMs: number | undefined;
  /** Leaves the loop over the items behind so many. */
  readonly leaveAfter: number | undefined;
  /** Milliseconds between two items that the application takes. */
  readonly takeMs: number;
  /** Reads so many items, and then none for a while. */
  readonly stop: { readonly after: number; readonly forMs: number } | undefined;
  /** Waits for the result, and looks at no item. */
  readonly unread: boolean;
  /** How often it tries again with the same key. */
  readonly retries: number;
  /** The application keeps the key until it knows the end, also over a crash of its own. */
  readonly kept: boolean;
  /** It is made in a turn, without a key: the turn sees to it that a repetition is none. */
  readonly inTurn: boolean;
  /** The application asks what became of it: where it ends with outcome `unknown`, and at times otherwise. */
  readonly asks: boolean;
  readonly priority: "interactive" | "normal" | "bulk" | undefined;
}

/** Something that goes wrong. */
export type FaultPlan =
  | {
      readonly kind: "cut";
      readonly client: number;
      readonly clientMs?: number | undefined;
      readonly gatewayMs?: number | undefined;
    }
  | { readonly kind: "crash client"; readonly client: number; readonly effects: number; readonly downMs: number }
  | { readonly kind: "crash gateway"; readonly gateway: number; readonly effects: number; readonly downMs: number }
  | { readonly kind: "block client"; readonly client: number; readonly forMs: number }
  | { readonly kind: "block gateway"; readonly gateway: number; readonly forMs: number }
  | { readonly kind: "pause"; readonly client: number; readonly reader: "client" | "gateway"; readonly forMs: number }
  | { readonly kind: "slow"; readonly client: number; readonly reader: "client" | "gateway"; readonly rate: number }
  | { readonly kind: "no network"; readonly client: number; readonly forMs: number; readonly refused: boolean }
  | { readonly kind: "wall clock"; readonly client: number; readonly gateway: number; readonly byMs: number }
  | { readonly kind: "disk full"; readonly gateway: number; readonly forMs: number }
  | { readonly kind: "disk slow"; readonly gateway: number; readonly commitMs: number }
  | { readonly kind: "drain"; readonly gateway: number; readonly downMs: number }
  | { readonly kind: "close session"; readonly client: number }
  /** A message is lost where a host wraps them: to other carriages that cannot happen. */
  | { readonly kind: "lose"; readonly client: number; readonly reader: "client" | "gateway" }
  /** The client goes on with another socket while it has one. */
  | { readonly kind: "move"; readonly client: number }
  | { readonly kind: "twin"; readonly client: number; readonly thief: boolean }
  | { readonly kind: "scopes"; readonly client: number; readonly forMs: number };

/** Something that happens by plan. */
export type Step = { readonly number: number; readonly at: number } & (CallPlan | FaultPlan | HostPlan);

/** A message of a host's own. */
export interface HostPlan {
  readonly kind: "host";
  readonly client: number;
  readonly side: "client" | "gateway";
}

/** Someone who is there. */
export interface ClientPlan {
  readonly name: string;
  readonly principal: string;
  readonly gateway: number;
}

/** See the module's comment. */
export interface Plan {
  readonly seed: number;
  readonly gateways: number;
  readonly clients: readonly ClientPlan[];
  readonly limits: Partial<Limits>;
  /** Who knows the feature: what only one side knows is not agreed on. */
  readonly credit: "both" | "the client alone" | "the gateway alone";
  readonly connection: ConnectionOptions;
  readonly admission: "vouched" | "promised" | "proof";
  /** For so many milliseconds sessions are granted, as long as things go wrong. */
  readonly grantMs: number | undefined;
  readonly commitMs: number;
  /** The longest first wait before a connection is made again. */
  readonly backoffMs: number;
  /** Until when steps happen. */
  readonly activeMs: number;
  readonly steps: readonly Step[];
}

/** Draws a plan. */
export function planOf(seed: number, random: Random): Plan {
  const gateways = random.chance(0.15) ? 2 : 1;
  const clients = Array.from(
    {
      length: random.weighted([
        [1, 3],
        [2, 5],
        [3, 2],
      ]),
    },
    (_, index) => ({
      name: `client${index}`,
      principal: random.pick(["alice", "bob"]),
      gateway: random.between(0, gateways - 1),
    }),
  );
  const activeMs = random.pick([1_000, 4_000, 15_000]);
  const carriage = random.weighted<ConnectionOptions["carriage"]>([
    ["binary", 8],
    ["text", 1],
    ["wrapped", 1],
  ]);
  const shared = random.chance(carriage === "wrapped" ? 0.6 : 0.15);
  const framePayload = random.weighted([
    [1_024, 4],
    [4_096, 2],
    [16_384, 1],
  ]);
  const drawn = { random, clients, gateways, activeMs, framePayload, carriage };
  const steps: Timed<CallPlan | FaultPlan | HostPlan>[] = [
    ...calls(drawn),
    ...faults(drawn),
    ...twins(drawn, seed),
    ...swarm(drawn, seed),
    ...(shared ? hostTraffic(drawn) : []),
  ];
  // Drawn apart, so that all else of a seed is what it is without them.
  const apart = new Random(seed, WINDOWS);
  const narrow = { ...limitsOf(random, framePayload), ...windowsOf(apart) };
  const poured = pour({ ...drawn, random: apart });
  const limits = { ...narrow, ...poured.limits };
  const credit = apart.weighted<Plan["credit"]>([
    ["both", 12],
    ["the gateway alone", 1],
    ["the client alone", 1],
  ]);
  const read = [...steps, ...poured.calls].map((step) =>
    step.kind === "call" && sendsItems(step.tool) ? { ...step, ...readerOf(apart, step, limits.heartbeatMs) } : step,
  );
  read.sort((a, b) => a.at - b.at);
  return {
    seed,
    gateways,
    clients,
    limits,
    credit,
    connection: {
      latencyMs: random.pick([
        [0, 0.2],
        [0, 20],
        [30, 90],
      ]),
      rate: Math.min(
        poured.rate ?? Number.POSITIVE_INFINITY,
        random.weighted([
          [Number.POSITIVE_INFINITY, 6],
          [random.between(100, 2_000), 3],
        ]),
      ),
      bursts: random.chance(0.5),
      carriage,
      shared,
    },
    admission: random.weighted([
      ["vouched", 3],
      ["promised", 1],
      ["proof", 2],
    ]),
    grantMs: random.chance(0.1) ? random.between(100, activeMs) : undefined,
    commitMs: random.pick([0, 2, 40]),
    backoffMs: random.pick([5, 50, 400]),
    activeMs,
    steps: read.map((step, number) => ({ ...step, number })),
  };
}

interface Drawn {
  readonly random: Random;
  readonly clients: readonly ClientPlan[];
  readonly gateways: number;
  readonly activeMs: number;
  /** Octets that fit into a frame: bodies are a few times as large at most, since what counts is into how many they are cut. */
  readonly framePayload: number;
  readonly carriage: ConnectionOptions["carriage"];
}

/** Frames of the largest bodies. */
const FRAMES = 3;

type Timed<T> = T & { readonly at: number };

/** Tells the numbers for the windows apart from the others of a seed. */
const WINDOWS = 5;

interface Poured {
  readonly calls: Timed<CallPlan>[];
  readonly limits: Partial<Limits>;
  readonly rate?: number;
}

/** Octets in a millisecond, so that much waits to be written; and milliseconds from one stream to the next, which finds that. */
const POUR_RATE = 200;
const POUR_GAP_MS = 30;

/** In some schedules much is poured through the windows at once, and small calls want to get past. */
function pour(drawn: Drawn): Poured {
  const { random, clients, activeMs, framePayload } = drawn;
  if (!random.chance(0.2)) return { calls: [], limits: {} };
  const at = random.real(0, activeMs);
  const client = random.between(0, clients.length - 1);
  const cancels = random.pick([0, 0.2]);
  const style: Style = { keys: 1_000, large: 0, largest: 0, deadlines: 0.1, cancels, pace: 5, shares: [] };
  const make = (index: number, tool: ToolName, more: Partial<Script>): Timed<CallPlan> => {
    const made = call(random, { ...style, shares: [[tool, 1]] }, client, POURED + index);
    const priority = random.pick(["interactive", "normal", "bulk"] as const);
    return { ...made, priority, script: { ...made.script, ...more }, at: at + random.low(0, 50) };
  };
  const wide = random.chance(0.3);
  const one = random.pick(["rows", "feed"] as const);
  const streams = Array.from({ length: random.between(1, 3) }, (_, index) => {
    const tool = wide ? one : random.pick(["rows", "feed"] as const);
    const items = random.between(wide ? 24 : 4, wide ? 40 : 24);
    // Where windows are wide, each takes several frames, so that those that begin later find some half sent.
    const itemSize = wide ? random.between(framePayload, framePayload * 2) : random.low(0, framePayload * 2);
    const made = make(index, tool, { items, itemSize, gapMs: 0, ...(wide ? { beforeMs: 0 } : {}) });
    return wide ? { ...made, at: at + index * POUR_GAP_MS } : made;
  });
  const others = Array.from({ length: random.between(1, 6) }, (_, index) => {
    const size = random.chance(0.5) ? random.between(0, FRAMES * framePayload) : 10;
    return make(streams.length + index, random.pick(["look", "put", "see"]), { size });
  });
  const calls = [...streams, ...others];
  return wide ? { calls, limits: WIDE, rate: POUR_RATE } : { calls, limits: {} };
}

/** Tells the names of calls that are poured apart from the others. */
const POURED = 1_000;

function limitsOf(random: Random, framePayload: number): Partial<Limits> & { readonly heartbeatMs: number } {
  return {
    framePayload,
    // Room for each body, and at times for no two large ones.
    assembling: random.pick([FRAMES * framePayload + 8_192, 33_554_432]),
    streams: random.weighted([
      [256, 4],
      [random.between(1, 8), 2],
    ]),
    heartbeatMs: random.pick([500, 2_000, 15_000]),
    handshakeMs: random.pick([1_000, 10_000]),
    handOver: random.pick([1_024, 4_096, 131_072]),
    unsentItems: random.pick([1_024, 262_144]),
    replay: random.pick([2_048, 16_384, 4_194_304]),
    ackDelayMs: random.pick([10, 250]),
    resumeWindowMs: random.weighted([
      [0, 1],
      [1_500, 3],
      [30_000, 6],
    ]),
    parkedSessions: random.pick([1, 64]),
    // Room for all, or for one that holds little.
    parkedOctets: random.pick([20_000, 67_108_864]),
  };
}

function calls(drawn: Drawn): Timed<CallPlan>[] {
  const { random, clients, activeMs, framePayload } = drawn;
  const count = 16 + random.low(2, 20);
  const style: Style = {
    keys: random.pick([2, 6, 1_000]),
    large: random.pick([0, 0.05, 0.3]),
    largest: FRAMES * framePayload,
    deadlines: random.pick([0.1, 0.5]),
    cancels: random.pick([0, 0.1, 0.3]),
    pace: random.pick([0, 20, 400]),
    shares: shares(random),
  };
  const made: Timed<CallPlan>[] = [];
  // Some come in crowds.
  let at = random.real(0, activeMs);
  for (let index = 0; index < count; index += 1) {
    if (!random.chance(0.3)) at = random.real(0, activeMs);
    const earlier = made.length > 0 && random.chance(0.12) ? random.pick(made) : undefined;
    made.push({ ...(earlier ?? call(random, style, random.between(0, clients.length - 1), index)), at });
  }
  return made;
}

interface Style {
  /** How many keys are shared by all. */
  readonly keys: number;
  readonly large: number;
  /** Characters of large bodies, at most. */
  readonly largest: number;
  readonly deadlines: number;
  readonly cancels: number;
  readonly pace: number;
  readonly shares: readonly (readonly [ToolName, number])[];
}

function shares(random: Random): Style["shares"] {
  const tools: readonly ToolName[] = ["look", "put", "add", "redo", "book", "rows", "see", "act", "feed"];
  return tools.map((name) => [name, random.pick([0.2, 1, 4])]);
}

function call(random: Random, style: Style, client: number, index: number): CallPlan {
  const tool = random.weighted(style.shares);
  const once = isOnce(tool);
  const shared = once && random.chance(style.keys < 100 ? 0.5 : 0.1);
  // A run that died with its process may have had its effect, and "redo" then has another one.
  const inTurn = once && !shared && tool !== "redo" && random.chance(0.2);
  const heeds = random.chance(0.5);
  const deadline = random.chance(style.deadlines);
  return {
    kind: "call",
    client,
    byGateway: tool === "see" || tool === "act" || tool === "feed",
    tool,
    script: script(random, style, tool, shared ? `s${random.between(0, 1)}` : `a${index}`, heeds),
    key: once && !inTurn ? (shared ? `k${random.between(1, style.keys)}` : `own${index}`) : undefined,
    timeoutMs: deadline ? random.pick([random.between(1, 60), random.between(1, 2_000), 8_000]) : undefined,
    acceptTimeoutMs: random.chance(0.05) ? random.between(1, 500) : undefined,
    cancelAfterMs: random.chance(style.cancels) ? random.low(0, 400) : undefined,
    leaveAfter: sendsItems(tool) && random.chance(0.1) ? random.between(1, 5) : undefined,
    takeMs: random.chance(0.2) ? random.low(0, 60) : 0,
    stop: undefined,
    unread: false,
    retries: once ? random.pick([0, 1, 3]) : 0,
    kept: once && !shared && !inTurn && random.chance(0.6),
    inTurn,
    asks: once && random.chance(0.5),
    priority: random.pick([undefined, "interactive", "bulk"]),
  };
}

/** Scripts with the same id are equal, so that a key can come again with the same arguments. */
function script(random: Random, style: Style, tool: ToolName, id: string, heeds: boolean): Script {
  const shared = id.startsWith("s");
  const items = sendsItems(tool) ? random.low(0, 24) : 0;
  const large = (): number => (random.chance(style.large) ? random.low(500, style.largest) : random.low(0, 100));
  const drawn: Script = {
    id,
    beforeMs: random.chance(0.4) ? 0 : random.low(0, style.pace * 2),
    afterMs: random.chance(0.4) ? 0 : random.low(0, style.pace * 2),
    end: random.weighted([
      ["ok", 8],
      ["failed", isOnce(tool) ? 1 : 0],
      ["completed", isOnce(tool) ? 0.5 : 0],
      ["throw", 0.7],
    ]),
    heeds,
    pad: padding(large()),
    octets: random.chance(0.1) ? random.octets(random.low(0, 3_000)) : undefined,
    size: large(),
    items,
    itemSize: items === 0 ? 0 : random.chance(style.large) ? random.low(300, style.largest / 2) : random.low(0, 60),
    gapMs: random.chance(0.5) ? 0 : random.low(0, Math.max(1, style.pace / 4)),
    reports: tool === "look" || tool === "add" ? random.low(0, 4) : 0,
    calls: false,
  };
  if (!shared) return { ...drawn, calls: tool === "look" && random.chance(0.1) };
  return {
    ...drawn,
    beforeMs: 5,
    afterMs: 30,
    end: "ok",
    heeds: true,
    pad: "",
    octets: undefined,
    size: 20,
    gapMs: 2,
    reports: 1,
  };
}

function hostTraffic({ random, clients, activeMs }: Drawn): Timed<HostPlan>[] {
  return Array.from({ length: random.low(2, 20) }, () => ({
    kind: "host",
    client: random.between(0, clients.length - 1),
    side: random.pick(["client", "gateway"]),
    at: random.real(0, activeMs),
  }));
}

/** Tells the names of calls of a swarm apart from the others. */
const SWARM = 2_000;

/**
 * In a few schedules so many small calls, each in a turn of its own, that the table of names is full, and begins anew. Drawn apart, as
 * {@link twins} are.
 */
function swarm({ clients, activeMs }: Drawn, seed: number): Timed<CallPlan>[] {
  const random = new Random(seed, 6);
  if (!random.chance(0.02)) return [];
  const client = random.between(0, clients.length - 1);
  const tools = random.pick<readonly ToolName[]>([["look", "put"], ["see"]]);
  const shares = tools.map((tool) => [tool, 1] as const);
  const style: Style = { keys: 1_000, large: 0, largest: 0, deadlines: 0, cancels: 0, pace: 0, shares };
  const gapMs = random.pick([0, 1, 20]);
  const from = random.real(0, activeMs);
  return Array.from({ length: random.between(70, 90) }, (_, index) => {
    const made = call(random, style, client, SWARM + index);
    return { ...made, inTurn: true, at: from + index * gapMs };
  });
}

/** Drawn apart, so that a schedule is the same with and without them but for what they do. */
function twins({ clients, activeMs }: Drawn, seed: number): Timed<FaultPlan>[] {
  const random = new Random(seed, 4);
  if (random.chance(0.5)) return [];
  return Array.from({ length: random.between(1, 3) }, () => ({
    kind: "twin",
    client: random.between(0, clients.length - 1),
    thief: random.chance(0.5),
    at: random.real(0, activeMs),
  }));
}

const KINDS: readonly Exclude<FaultPlan["kind"], "twin">[] = [
  "cut",
  "cut",
  "cut",
  "crash client",
  "crash gateway",
  "crash gateway",
  "block client",
  "block gateway",
  "pause",
  "slow",
  "no network",
  "wall clock",
  "disk full",
  "disk slow",
  "drain",
  "close session",
  "move",
  "scopes",
];

const KINDS_WHERE_WRAPPED: typeof KINDS = [...KINDS, "lose", "lose", "lose"];

function faults(drawn: Drawn): Timed<FaultPlan>[] {
  const { random, activeMs, carriage } = drawn;
  const all = carriage === "wrapped" ? KINDS_WHERE_WRAPPED : KINDS;
  // Some schedules have few kinds of them, so that each kind is alone at times.
  const few = random.between(1, 4);
  const kinds = random.chance(0.5) ? all : Array.from({ length: few }, () => random.pick(all));
  const count = random.weighted([
    [0, 0.5],
    [random.between(1, 3), 3],
    [random.between(3, 8), 5],
    [random.between(8, 16), 1],
  ]);
  return Array.from({ length: count }, () => ({
    ...fault(drawn, random.pick(kinds)),
    at: random.real(0, activeMs),
  }));
}

function fault({ random, clients, gateways }: Drawn, kind: (typeof KINDS)[number]): FaultPlan {
  const client = random.between(0, clients.length - 1);
  const gateway = random.between(0, gateways - 1);
  const reader = random.pick(["client", "gateway"] as const);
  const effects = random.low(0, 12);
  const downMs = random.pick([1, 50, 1_500]);
  switch (kind) {
    case "cut":
      return { kind, client, clientMs: toldMs(random), gatewayMs: toldMs(random) };
    case "crash client":
      return { kind, client, effects, downMs };
    case "crash gateway":
      return { kind, gateway, effects, downMs };
    case "block client":
      return { kind, client, forMs: random.low(5, 4_000) };
    case "block gateway":
      return { kind, gateway, forMs: random.low(5, 4_000) };
    case "pause":
      return { kind, client, reader, forMs: random.low(10, 5_000) };
    case "slow":
      return { kind, client, reader, rate: random.pick([5, 50, 500]) };
    case "no network":
      return { kind, client, forMs: random.low(10, 6_000), refused: random.chance(0.5) };
    case "wall clock":
      return { kind, client, gateway, byMs: random.pick([-3_600_000, -500, 500, 3_600_000]) };
    case "disk full":
      return { kind, gateway, forMs: random.low(5, 2_000) };
    case "disk slow":
      return { kind, gateway, commitMs: random.low(5, 600) };
    case "drain":
      return { kind, gateway, downMs };
    case "close session":
    case "move":
      return { kind, client };
    case "lose":
      return { kind, client, reader };
    case "scopes":
      return { kind, client, forMs: random.low(5, 1_000) };
  }
}

/** In how many milliseconds a side hears of a cut: mostly soon, at times late, at times never. */
function toldMs(random: Random): number | undefined {
  return random.weighted([
    [0, 4],
    [random.real(0, 50), 4],
    [random.real(100, 20_000), 2],
    [undefined, 1],
  ]);
}
