/**
 * What a server answers in place of a WebSocket: sockets of `ws` tell.
 *
 * @module
 */
import type { OpenFailure } from "../connection/open-socket.ts";
import type { ClientSocket } from "../options.ts";

/** What a socket of `ws` emits in place of an error, where somebody listens for it. */
interface TellsResponse {
  on(event: "unexpected-response", listener: (request: unknown, response: HttpResponse) => void): unknown;
}

interface HttpResponse {
  readonly statusCode?: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** For `openSocket`. Without effect for a socket that does not tell. */
export function listenForRefusal(socket: ClientSocket, refused: (failure: OpenFailure) => void): void {
  if (!tellsResponse(socket)) return;
  socket.on("unexpected-response", (_request, response) => refused(refusedBy(response)));
}

function tellsResponse(socket: object): socket is TellsResponse {
  return "on" in socket && typeof socket.on === "function";
}

function refusedBy(response: HttpResponse): OpenFailure {
  const { statusCode: status = 0, headers } = response;
  const seconds = Number(headers["retry-after"]);
  const retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined;
  return { message: `the server answered HTTP ${status} in place of a WebSocket`, status, retryAfterMs };
}
