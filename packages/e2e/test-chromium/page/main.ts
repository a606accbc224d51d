/** What runs in the page. */
import {
  runStandardHost,
  type StandardReport,
  type StandardRun,
} from "../../test/shared-socket/traffic/standard-host.ts";
import { callBehindHost, listenAroundAttach, switchToBlob, type Heard } from "./host-socket.ts";
import { OwnSocket, type Standing, type Way } from "./own-socket.ts";

/** What the tests ask of the page. Arguments and results go from one process to another. */
export interface PageApi {
  /** The host's side of a run, with a socket of its own. */
  runHost(url: string, run: StandardRun): Promise<StandardReport>;
  /** See {@link listenAroundAttach}. */
  listenAroundAttach(url: string): Promise<Readonly<Record<string, Heard>>>;
  /** See {@link switchToBlob}. */
  switchToBlob(url: string): Promise<{ readonly end: string; readonly heard: readonly string[] }>;
  /** See {@link callBehindHost}. */
  callBehindHost(url: string): Promise<unknown>;
  /** Makes a device key, for a later `connect`. */
  makeDeviceKey(): Promise<{ readonly keyId: string; readonly publicKey: string }>;
  /** Opens a session on a socket of turnmux's own. Rejects where none came about. */
  connect(url: string, way: Way): Promise<Standing>;
  /** Calls `echo` of the gateway in the session that was opened last. What it failed with has code and outcome in its message. */
  echo(value: string): Promise<unknown>;
  /** See {@link OwnSocket.blockBehindCall}. */
  blockBehindCall(acceptTimeoutMs: number): Promise<unknown>;
  /** The states of that session so far, once it is in the given one for the so many-th time. */
  states(last: string, times: number): Promise<readonly string[]>;
}

const own = new OwnSocket();

globalThis.turnmuxPage = {
  runHost: (url, run) => runStandardHost(new WebSocket(url), run),
  listenAroundAttach,
  switchToBlob,
  callBehindHost,
  makeDeviceKey: () => own.makeDeviceKey(),
  connect: (url, way) => own.connect(url, way),
  echo: (value) => own.echo(value),
  blockBehindCall: (acceptTimeoutMs) => own.blockBehindCall(acceptTimeoutMs),
  states: (last, times) => own.states(last, times),
};
