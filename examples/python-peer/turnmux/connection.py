"""One socket of a client: handshakes, and one channel after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable
from urllib.parse import urlsplit

from .channel import CLOSE_NORMAL, CLOSE_PROTOCOL, CLOSE_TOO_MUCH, Channel, ChannelEnd
from .errors import ProtocolError
from .handshake import ClientHandshake, Failed
from .wire import BinaryCarriage, Carriage, Envelope, Message, TextCarriage, host_carriage

if TYPE_CHECKING:
    from .client import Client

_CARRIAGES: dict[str, Callable[[], Carriage]] = {
    "binary": BinaryCarriage,
    "text": TextCarriage,
    "wrapped": host_carriage,
}


_PATIENCE_SECONDS = 1.0


class Connection:
    """What speaks on one socket, for the client that dialled it."""

    def __init__(self, client: Client, wake: Callable[[], None]) -> None:
        self.close_code: int | None = None
        self.stood = False
        self.retry_after_ms = 0
        self._client = client
        self._wake = wake
        self._over: list[tuple[bytes, bytes]] = []
        """Tags and nonces of channels that ended on this socket (CARR-006, CARR-032)."""
        self._nonce = b""
        self._channel: Channel | None = None
        self._last: Channel | None = None
        self._handshake: ClientHandshake | None = None
        self._outgoing: list[Message] = []
        self._patience: float | None = None
        """When another socket is dialled, since nobody answers on this one any more."""
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
        self._handshake = self._patience = None
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
            now = time.monotonic()
            self._begin(now)
            self._patience = now + _PATIENCE_SECONDS
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
            if self._handshake is not None and self._patience is not None and now >= self._patience:
                self._patience = None
                self.close_code = CLOSE_NORMAL
        elif self._channel is not None:
            self._channel.tick(now)

    def next_tick(self) -> float | None:
        """See `Speaker`."""
        if self._handshake is not None:
            at = self._handshake.next_tick()
            return at if self._patience is None else min(at, self._patience)
        return None if self._channel is None else self._channel.next_tick()
