/**
 * The lines of JSON between the suite and a client under test.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { z } from "zod";

const Session = z.string();
const Id = z.string();

const Auth = z.discriminatedUnion("method", [
  z.object({ method: z.literal("token"), keyId: z.string(), secret: z.string() }),
  z.object({ method: z.literal("ed25519"), keyId: z.string(), seed: z.hex().length(64) }),
]);

const Connect = z.object({
  do: z.literal("connect"),
  session: Session,
  path: z.string().startsWith("/"),
  carriage: z.enum(["binary", "text", "wrapped"]).default("binary"),
  auth: Auth.optional(),
  limits: z.record(z.string(), z.number()).default({}),
  reconnect: z.boolean().default(true),
  shared: z.boolean().default(false),
  audience: z.array(z.string()).optional(),
  journalFolder: z.string().optional(),
});

/** Opens a session. */
export type ConnectOrder = z.infer<typeof Connect>;

const Call = z.object({
  do: z.literal("call"),
  session: Session,
  id: Id,
  tool: z.string(),
  input: z.unknown().optional(),
  key: z.string().optional(),
  timeoutMs: z.number().optional(),
  acceptTimeoutMs: z.number().optional(),
  turn: z.string().optional(),
  priority: z.enum(["interactive", "normal", "bulk"]).optional(),
  manual: z.boolean().default(false),
});

/** Makes a call. */
export type CallOrder = z.infer<typeof Call>;

const Order = z.discriminatedUnion("do", [
  Connect,
  Call,
  z.object({ do: z.literal("read"), session: Session, id: Id, items: z.int().min(1) }),
  z.object({ do: z.literal("cancel"), session: Session, id: Id }),
  z.object({ do: z.literal("leave"), session: Session, id: Id }),
  z.object({ do: z.literal("host"), session: Session, text: z.string() }),
  z.object({ do: z.literal("close"), session: Session }),
]);

/** What a line tells a client under test to do. */
export type Order = z.infer<typeof Order>;

/** How a call ended: what an `end` event says of it. */
export type Ending =
  | { readonly ok: true; readonly value?: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly outcome: string;
      readonly message: string;
      readonly retryable: boolean;
    };

/** What a client under test says of one of its sessions. */
export type SessionEvent =
  | { readonly event: "open"; readonly id: string; readonly resumed: boolean }
  | { readonly event: "offer"; readonly tools: readonly string[] }
  | { readonly event: "accept"; readonly id: string; readonly state: string }
  | { readonly event: "progress" | "item"; readonly id: string; readonly value: unknown }
  | ({ readonly event: "end"; readonly id: string } & Ending)
  | { readonly event: "host"; readonly text: string }
  | { readonly event: "lost" }
  | { readonly event: "closed"; readonly code: string; readonly message: string };

/** What a peer under test says first. */
export type Ready =
  | { readonly carriages: readonly string[]; readonly shared?: boolean | undefined }
  | Readonly<Record<"endpoint" | "shared" | "late" | "wrapped", string>>;

/** Says one line. */
export function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Says that the process can be used. */
export function sayReady(ready: Ready): void {
  say({ ready });
}

/** Does what each line of the standard input says. A line that says nothing is told of, and harms nobody. At its end the process ends. */
export function obeyLines(obey: (order: Order) => void): void {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", (line) => {
    if (line.trim() === "") return;
    try {
      obey(Order.parse(JSON.parse(line)));
    } catch (error) {
      say({ event: "error", message: messageOf(error) });
    }
  });
  lines.on("close", () => process.exit(0));
}

/** What an error says. */
export function messageOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}
