import type { Interceptor, Session, ToolHandlers, ToolOverrides, ToolTree } from "@turnmux/core";

/** What a behavioural test asks of its world. */
export interface PairOptions {
  /** What the client may do. Default: nothing that needs a scope. */
  readonly scopes?: readonly string[];
  readonly overrides?: Readonly<Record<string, ToolOverrides>>;
  readonly gatewayInterceptors?: readonly Interceptor[];
  readonly clientInterceptors?: readonly Interceptor[];
}

/** A client's session and the gateway's, connected in one of the ways that there are. */
export interface Pair {
  readonly client: Session;
  readonly gateway: Session;
  /** Adds tools to the gateway. */
  implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): void;
  /** What the gateway lets the client do from now on. */
  updateScopes(scopes: readonly string[]): void;
  /** The gateway takes no further calls. */
  drain(): void;
  /** Waits for a promise, in this world's time. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Ends everything. Throws where something is left. */
  close(): Promise<void>;
}

/** One way to connect two sides. */
export interface WorldKind {
  readonly name: string;
  open(options?: PairOptions): Promise<Pair>;
}
