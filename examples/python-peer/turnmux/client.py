"""A client with asyncio: one session after the other for the same application, over connections that come and go."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol
from urllib.parse import urlsplit

import websockets
from websockets.exceptions import InvalidHandshake

from .caller import Caller
from .channel import CLOSE_NORMAL, CLOSE_PROTOCOL, CLOSE_TOO_MUCH, Channel, ChannelEnd
from .dispatch import Dispatcher
from .errors import CallError, ProtocolError
from .handshake import ClientHandshake, Failed, Resume, Welcomed
from .incoming import IncomingCall
from .keyed import KeyedCalls
from .limits import Limits
from .link import Link
from .proof import Credential
from .session import Session
from .streams import Stream
from .tools import Registry
from .wire import BinaryCarriage, Carriage, Envelope, Message, TextCarriage, host_carriage

_COME_AGAIN = frozenset({"unavailable", "resource_exhausted", "deadline_exceeded", "data_loss"})
"""HAND-014."""
_CARRIAGES: dict[str, Callable[[], Carriage]] = {
    "binary": BinaryCarriage,
    "text": TextCarriage,
    "wrapped": host_carriage,
}


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
            least = 0 if connection is None else connection.retry_after_ms
            await asyncio.sleep(max(wait_ms, least) / 1000)
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


class Connection:
    """One socket of a client: handshakes, and one channel after the other."""

    def __init__(self, client: Client, wake: Callable[[], None]) -> None:
        self.close_code: int | None = None
        self.stood = False
        self.retry_after_ms = 0
        self._client = client
        self._wake = wake
        self._over: list[tuple[bytes, bytes]] = []
        """Tags and nonces of channels that ended on this socket (CARR-006, CARR-032)."""
        self._channel: Channel | None = None
        self._last: Channel | None = None
        self._handshake: ClientHandshake | None = None
        self._outgoing: list[Message] = []
        self._begin(time.monotonic())

    def _begin(self, now: float) -> None:
        options = self._client.options
        where = urlsplit(options.url)
        host = f"[{where.hostname}]" if where.hostname and ":" in where.hostname else where.hostname
        audiences = frozenset({f"{host}:{where.port or (443 if where.scheme == 'wss' else 80)}", *options.audiences})
        self._handshake = ClientHandshake(
            _CARRIAGES[options.carriage](),
            options.limits,
            options.credential,
            audiences,
            self._client.resume(),
            own_endpoint=self._client.own_endpoint,
            now=now,
        )

    def receive(self, message: Message, now: float) -> bool:
        """See `Speaker`."""
        if self.close_code is not None:
            return True
        if self._handshake is not None:
            if self._of_former(message):
                return True
            taken = self._handshake.receive(message)
            self._after_handshake(now)
            return taken
        channel = self._channel
        if channel is None:
            return self._of_former(message)
        envelope = channel.carriage.recognise(message, self._client.options.limits.frame_payload)
        if envelope is not None and envelope.tag == channel.own_tag:
            channel.take(envelope, now)
            if channel.session.offers.seen:
                self._client.first_offer()
            return True
        if envelope is not None and not any(envelope.tag) and self._echoes(envelope, self._nonce):
            channel.fault(ProtocolError("HAND-005", "a frame of the handshake came behind WELCOME"))
            return True
        if self._of_former(message):
            return True
        if self._client.own_endpoint:
            channel.fault(ProtocolError("CARR-003", "a message without the tag of this channel"))
            return True
        return False

    def _of_former(self, message: Message) -> bool:
        """What belongs to a channel of this socket, but to none that stands, is dropped."""
        carriage = _CARRIAGES[self._client.options.carriage]()
        envelope = carriage.recognise(message, self._client.options.limits.frame_payload)
        if envelope is None:
            return False
        if any(envelope.tag == tag for tag, _ in self._over):
            return True
        if any(envelope.tag):
            return False
        return self._echoes(envelope, *(nonce for _, nonce in self._over))

    @staticmethod
    def _echoes(envelope: Envelope, *nonces: bytes) -> bool:
        """CARR-006: whether a message of the handshake is an answer to this client."""
        try:
            header = next(envelope.frames).header or [b""]
        except ProtocolError:
            return False
        return header[0] in nonces

    def _after_handshake(self, now: float) -> None:
        handshake = self._handshake
        if handshake is None:
            return
        self._outgoing += handshake.outgoing
        handshake.outgoing = []
        result = handshake.result
        if result is None:
            return
        self._handshake = None
        self._over.append((handshake.tag, handshake.nonce))
        if isinstance(result, Failed):
            self._failed(result, now)
            return
        self._over.pop()
        self.stood = True
        self._nonce = handshake.nonce
        session = self._client.welcomed(result, self._wake)
        self._channel = Channel(
            handshake.carriage,
            handshake.tag,
            result.tag,
            session,
            self._client.options.limits,
            result.heartbeat_ms,
            now,
            self._channel_ended,
            handshake.sequence,
        )

    def _failed(self, failed: Failed, now: float) -> None:
        self.retry_after_ms = failed.retry_after_ms or 0
        self._client.handshake_failed(failed)
        if failed.requirement is None or failed.refused:
            self._close(CLOSE_NORMAL)
        else:
            self._close(CLOSE_TOO_MUCH if failed.code == "resource_exhausted" else CLOSE_PROTOCOL)

    def _close(self, code: int) -> None:
        """CARR-008: a host's socket is closed by the application alone."""
        if self._client.own_endpoint or self._client.closing:
            self.close_code = code
        self._wake()

    def _channel_ended(self, end: ChannelEnd) -> None:
        assert self._channel is not None
        self._last, self._channel = self._channel, None
        self._over.append((self._last.own_tag, self._nonce))
        self.retry_after_ms = end.retry_after_ms or 0
        again = self._client.channel_ended(end)
        if again and not self._client.own_endpoint and end.message != "the connection was lost":
            # CARR-032: the host's socket goes on, and another channel on it.
            self._begin(time.monotonic())
        else:
            self._close(CLOSE_NORMAL if end.by_peer else end.close_code)

    def close(self) -> None:
        """Closes the session."""
        if self._channel is not None:
            self._channel.leave("cancelled", "the application closed the session")
        elif self._handshake is not None:
            self._handshake.give_up("cancelled", "the application closed the session")
            self._after_handshake(time.monotonic())

    def lost(self) -> None:
        """The socket is gone."""
        if self._channel is not None:
            self._channel.lost()
        elif self._handshake is not None:
            self._handshake = None
            self._client.handshake_failed(Failed("unavailable", "the connection was lost"))

    def poll(self, now: float) -> Message | None:
        """See `Speaker`."""
        self._after_handshake(now)
        if self._last is not None:
            last, self._last = self._last, None
            words = last.poll(now)
            if words is not None:
                return words
        if self._outgoing:
            return self._outgoing.pop(0)
        return None if self._channel is None else self._channel.poll(now)

    def tick(self, now: float) -> None:
        """See `Speaker`."""
        if self._handshake is not None:
            self._handshake.tick(now)
            self._after_handshake(now)
        elif self._channel is not None:
            self._channel.tick(now)

    def next_tick(self) -> float | None:
        """See `Speaker`."""
        if self._handshake is not None:
            return self._handshake.next_tick()
        return None if self._channel is None else self._channel.next_tick()
