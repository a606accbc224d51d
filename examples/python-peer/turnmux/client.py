"""A client with asyncio: one session after the other for the same application, over connections that come and go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

import websockets
from websockets.exceptions import InvalidHandshake, InvalidStatusCode

from .caller import Caller
from .channel import CLOSE_NORMAL, ChannelEnd
from .connection import Connection
from .dispatch import Dispatcher
from .errors import CallError
from .handshake import Failed, Resume, Welcomed
from .incoming import IncomingCall
from .keyed import KeyedCalls
from .limits import Limits
from .link import Link
from .proof import Credential
from .session import Session
from .streams import Stream
from .tools import Registry
from .wire import Message

_COME_AGAIN = frozenset({"unavailable", "resource_exhausted", "deadline_exceeded", "data_loss"})
"""HAND-014."""


class ClientListener(Protocol):
    """Who is told what becomes of a client's session."""

    def opened(self, session_id: str, resumed: bool) -> None:
        """The session stands, or stands again."""

    def offered(self, tools: list[str]) -> None:
        """What the gateway offers now."""

    def host(self, message: Message) -> None:
        """A message of the host."""

    def lost(self) -> None:
        """The channel is gone, and the session goes on."""

    def closed(self, code: str, message: str) -> None:
        """The session is over, or never stood."""


@dataclass
class Options:
    """Where and how a client connects."""

    url: str
    carriage: str = "binary"
    credential: Credential | None = None
    limits: Limits = field(default_factory=Limits)
    reconnect: bool = True
    shared: bool = False
    audiences: list[str] = field(default_factory=list)
    first_wait_ms: int = 20
    longest_wait_ms: int = 100


class Client:
    """Keeps a session with a gateway; `caller` makes calls on it."""

    def __init__(self, options: Options, registry: Registry, keyed: KeyedCalls, listener: ClientListener) -> None:
        self.options = options
        self.caller = Caller(options.limits, self._offered)
        self._registry = registry
        self._keyed = keyed
        self._listener = listener
        self._session: Session | None = None
        self._dispatcher: Dispatcher | None = None
        self._session_id = ""
        self._welcomed: Welcomed | None = None
        self._stood = False
        self._announce: tuple[str, bool] | None = None
        self._connection: Connection | None = None
        self._link: Link | None = None
        self.closing = False
        self._retry_after_ms = 0
        self._over = False

    # What the application does.

    async def run(self) -> None:
        """Dials, and dials again where it may, until the session is over."""
        wait_ms = self.options.first_wait_ms
        while not self._over:
            connection = await self._connect()
            if self._over:
                return
            if connection is not None and connection.stood:
                wait_ms = self.options.first_wait_ms
            if connection is not None:
                self._retry_after_ms = connection.retry_after_ms
            # HAND-009.
            await asyncio.sleep(max(wait_ms, self._retry_after_ms) / 1000)
            self._retry_after_ms = 0
            wait_ms = min(2 * wait_ms, self.options.longest_wait_ms)

    async def send_host(self, message: Any) -> None:
        """Sends a message of the host."""
        if self._link is not None:
            await self._link.send_host(message)

    def close(self) -> None:
        """Closes the session."""
        self.closing = True
        if self._connection is not None:
            self._connection.close()
        self.finish("cancelled", "the session was closed")

    def calls_of_principal(self) -> list[IncomingCall]:
        """The gateway's calls that are not over (TOOL-006)."""
        return [] if self._dispatcher is None else list(self._dispatcher.calls.values())

    def end_written(self, stream: Stream) -> None:
        """An END was written; nothing here waits for that."""

    @property
    def dispatcher(self) -> Dispatcher | None:
        """The side that runs the gateway's calls."""
        return self._dispatcher

    # Connections.

    async def _connect(self) -> Connection | None:
        try:
            socket = await websockets.connect(  # type: ignore[attr-defined]
                self.options.url,
                compression=None,
                max_size=None,
                ping_interval=None,
                close_timeout=0.5,
                open_timeout=self.options.limits.handshake_ms / 1000,
            )
        except InvalidStatusCode as error:
            self.handshake_failed(_of_status(error))
            return None
        except (OSError, InvalidHandshake, asyncio.TimeoutError, EOFError) as error:
            if not self._may_dial_again():
                self.finish("unavailable", f"there is no connection: {type(error).__name__}")
            return None
        if self.closing:
            await socket.close()
            return None
        self._link = Link(socket, self._host)
        connection = Connection(self, self._link.wake)
        self._connection = self._link.speaker = connection
        await self._link.run()
        await socket.close(connection.close_code or CLOSE_NORMAL)
        connection.lost()
        return connection

    def _may_dial_again(self) -> bool:
        return not self.closing and self._stood and self.options.reconnect

    async def _host(self, message: Message) -> None:
        self._listener.host(message)

    def resume(self) -> Resume | None:
        """What HELLO asks for (RESUME-003: the former channel is not read any more)."""
        session, welcomed = self._session, self._welcomed
        if session is None or session.delivery is None or welcomed is None or welcomed.token is None:
            return None
        delivery = session.delivery
        return Resume(
            self._session_id,
            welcomed.token,
            delivery.received,
            welcomed.limits,
            welcomed.features,
            delivery.acknowledged,
            delivery.sent,
        )

    def welcomed(self, welcomed: Welcomed, wake: Callable[[], None]) -> Session:
        """The session stands, resumed or new."""
        self._welcomed = welcomed
        if welcomed.resumed_from is not None and self._session is not None:
            self._session.wake = wake
            self._session.resume_from(welcomed.resumed_from)
            self._listener.opened(self._session_id, True)
            return self._session
        self._end_session(CallError("unavailable", "unknown", "the session was not resumed"), goes_on=True)
        session = Session("client", self.options.limits, welcomed.stated, welcomed.features, welcomed.contents, wake)
        dispatcher = Dispatcher(session, self._registry, self._keyed, "gateway", None)
        dispatcher.attached = self
        session.caller, session.receiver = self.caller, dispatcher
        self._session, self._dispatcher, self._session_id = session, dispatcher, welcomed.session_id
        session.offer(self._registry.offered(None))
        self._stood = True
        self._announce = welcomed.session_id, False
        if not self.own_endpoint:
            self._say_open()
        return session

    @property
    def own_endpoint(self) -> bool:
        """Whether the socket is turnmux's alone."""
        return not self.options.shared and self.options.carriage != "wrapped"

    def _say_open(self) -> None:
        """On a socket of its own the session is announced behind the gateway's first OFFER."""
        if self._announce is not None and self._session is not None:
            announced, self._announce = self._announce, None
            self._listener.opened(*announced)
            self.caller.begin(self._session)

    def _offered(self) -> None:
        self._say_open()
        if self._session is not None:
            self._listener.offered(list(self._session.offers.tools))

    def first_offer(self) -> None:
        """An OFFER came, whatever is in it."""
        self._say_open()

    # Ends.

    def channel_ended(self, end: ChannelEnd) -> bool:
        """A channel ended. Gives whether another one is to be made."""
        delivers = self._session is not None and self._session.delivery is not None
        if end.code == "aborted" and end.by_peer and end.requirement is None:
            # RESUME-006: another one has the session.
            self.finish(end.code, end.message, end.last_stream)
        elif not end.session_over and delivers and self._may_dial_again():
            self._listener.lost()
            return True
        elif end.code in _COME_AGAIN and end.requirement is None and self._may_dial_again():
            error = CallError("unavailable", "unknown", f"the session ended: {end.message}")
            self._end_session(error, goes_on=True, last_stream=end.last_stream)
            self._listener.lost()
            return True
        else:
            self.finish(end.code, end.message, end.last_stream)
        return False

    def handshake_failed(self, failed: Failed) -> bool:
        """Gives whether another attempt is to be made (HAND-014)."""
        self._retry_after_ms = failed.retry_after_ms or 0
        names_rule = failed.requirement is not None or (failed.refused and failed.message.endswith("]"))
        if failed.code in _COME_AGAIN and not names_rule and self._may_dial_again():
            return True
        self.finish(failed.code, failed.message)
        return False

    def _end_session(self, error: CallError, *, goes_on: bool, last_stream: int | None = None) -> None:
        session, self._session = self._session, None
        if session is None:
            if not goes_on:
                self.caller.end(error, goes_on=False)
            return
        session.over = True
        self.caller.end(error, goes_on=goes_on, last_stream=last_stream)
        if self._dispatcher is not None:
            self._dispatcher.session_over()

    def finish(self, code: str, message: str, last_stream: int | None = None) -> None:
        """The session is over for good."""
        if self._over:
            return
        self._over = True
        told = "cancelled" if self.closing else "unavailable"
        self._end_session(CallError(told, "unknown", f"the session ended: {message}"), goes_on=False, last_stream=last_stream)
        self._listener.closed(code, message)


def _of_status(error: InvalidStatusCode) -> Failed:
    """What an HTTP status says of an endpoint that does not let a client in."""
    code = {401: "unauthenticated", 403: "permission_denied"}.get(error.status_code, "unavailable")
    after = error.headers.get("Retry-After", "")
    retry_after_ms = int(after) * 1000 if after.isdigit() else None
    return Failed(code, f"the endpoint answered with the HTTP status {error.status_code}", None, retry_after_ms)
