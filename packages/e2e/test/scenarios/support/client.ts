/** A client of these scenarios, and what tests ask about its calls. */
import { connect, sharedToken, TurnmuxError, type ClientSession, type ConnectOptions } from "@turnmux/client";
import { onTestFinished } from "vitest";
import { tools } from "./cron.ts";
import { AUDIENCE, SECRET } from "./gateway.ts";

/** A client that comes back at once. Closed when the test is over. */
export async function clientOf(url: string, options: ConnectOptions = {}): Promise<ClientSession> {
  const session = await connect(url, {
    auth: sharedToken(SECRET),
    audience: [AUDIENCE],
    reconnect: { initialMs: 1, maxMs: 20 },
    ...options,
  });
  onTestFinished(() => session.close());
  return session;
}

/** What a call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<TurnmuxError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!TurnmuxError.is(error)) throw new Error("there was no TurnmuxError", { cause: error });
  return error;
}

/** Until so much time has passed at both ends that a call with this limit would be over: one with this limit is. */
export async function outlived(session: ClientSession, timeoutMs: number): Promise<void> {
  const error = await failureOf(session.client(tools).forever({}, { timeoutMs }));
  if (error.code !== "deadline_exceeded") throw new Error("the call ended otherwise", { cause: error });
}

/** Whether a promise is settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  const first = await Promise.race([promise.catch(() => undefined), Promise.resolve(pending)]);
  return first !== pending;
}
