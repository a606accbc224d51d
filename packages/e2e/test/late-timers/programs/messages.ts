/** What tests and programs say to each other. */
import type { ClientOptions } from "./client.ts";

/** One call. */
export interface AskCall {
  readonly do: "call";
  readonly id: string;
  readonly tool: "answer" | "echo";
  readonly input: number | string;
  readonly timeoutMs?: number;
  readonly acceptTimeoutMs?: number;
}

/** What a test asks of a program. */
export type Ask =
  | { readonly do: "connect"; readonly url: string; readonly options: ClientOptions }
  | { readonly do: "listen"; readonly heartbeatMs: number }
  | AskCall
  | { readonly do: "block"; readonly milliseconds: number };

/** How a call ended: the length of the result, or the failure. */
export interface TellEnded {
  readonly name: "ended";
  readonly id: string;
  readonly length?: number;
  readonly code?: string;
  readonly outcome?: string;
}

/** What a program tells a test. */
export type Tell =
  | { readonly name: "listening"; readonly url: string }
  | { readonly name: "ready" | "closed" }
  | TellEnded;
