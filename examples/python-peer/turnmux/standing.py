"""A session of a gateway, with or without a channel, and how it is resumed (section 11)."""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from typing import Any, Callable

from .caller import Caller
from .channel import Channel, ChannelEnd
from .dispatch import Dispatcher
from .door import Hello, Vouched
from .errors import CallError
from .incoming import IncomingCall
from .session import Session
from .streams import Stream

PARKED_OVERHEAD = 16 * 1024


class NotResumed(Exception):
    """Why a session is not resumed, for `notResumed`."""


class StandingSession:
    """One session, and everything that belongs to it. The application finds it as `context.session`."""

    def __init__(
        self,
        session_id: str,
        session: Session,
        caller: Caller,
        dispatcher: Dispatcher,
        who: Vouched,
        hello: Hello,
        over: Callable[[StandingSession, str], None],
        calls_of: Callable[[str], list[IncomingCall]],
    ) -> None:
        self.id = session_id
        self.session = session
        self.caller = caller
        self.dispatcher = dispatcher
        self.principal = who.principal
        self.channel: Channel | None = None
        self.parked_at: float | None = None
        self._hello = hello
        self._over = over
        self._calls_of = calls_of
        self._tokens: list[bytes] = []
        """The tokens that are good: the last, and the one before until the client is heard (RESUME-002)."""
        self._timer: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._heard_once = False
        self._after_end: dict[int, Callable[[], None]] = {}
        dispatcher.attached = self

    # What built-in and other tools need.

    def calls_of_principal(self) -> list[IncomingCall]:
        """The calls of the principal that are not over, in whatever session (TOOL-006)."""
        return self._calls_of(self.principal)

    def when_written(self, stream: Stream, work: Callable[[], None]) -> None:
        """Does something once the END of the stream was written."""
        self._after_end[stream.id] = work

    def end_written(self, stream: Stream) -> None:
        """An END was written."""
        work = self._after_end.pop(stream.id, None)
        if work is not None:
            asyncio.get_running_loop().call_soon(work)

    # Channels.

    def fresh_token(self, presented: bytes | None) -> bytes:
        """RESUME-001, RESUME-002: the one that was presented stays good until the client is heard."""
        token = os.urandom(24)
        self._tokens = [token] if presented is None else [presented, token]
        return token

    def heard(self) -> None:
        """A message came on the channel at hand: only its own token is good from now on."""
        self._heard_once = True
        self._tokens = self._tokens[-1:]

    def attach(self, channel: Channel, wake: Callable[[], None]) -> None:
        """The session has this channel now."""
        self.channel = channel
        self.session.wake = wake
        self.parked_at = None
        self._tell_turns(is_away=False)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wake()
        if self.session.draining:
            # RESUME-009.
            self.drain()

    def _tell_turns(self, *, is_away: bool) -> None:
        if self.dispatcher.turns is not None:
            self.dispatcher.turns.away(is_away)

    def drain(self) -> None:
        """CHAN-003: the peer is told now, or when it comes back."""
        self.session.draining = True
        if self.session.last_taken is None:
            self.session.last_taken = self.session.greatest_theirs
        if self.channel is not None and not self.channel.closed:
            self.channel.drain("the gateway drains")

    def check_resume(self, who: Vouched, hello: Hello, received: int, token: bytes) -> None:
        """RESUME-004."""
        if who.principal != self.principal or not any(hmac.compare_digest(token, good) for good in self._tokens):
            raise NotResumed("there is no such session")
        if (
            hello.limits != self._hello.limits
            or sorted(hello.contents) != sorted(self._hello.contents)
            or sorted(hello.features) != sorted(self._hello.features)
        ):
            raise NotResumed("the session was opened with other limits, contents or features")
        delivery = self.session.delivery
        if delivery is None or not delivery.acknowledged <= received <= delivery.sent:
            self.end("data_loss", "it was to be resumed with a count that cannot be")
            raise NotResumed("the count of frames that were received cannot be")

    def resume(self, who: Vouched, received: int) -> int:
        """RESUME-003, RESUME-006: leaves the former channel, and gives the count of what has arrived."""
        if self.channel is not None:
            self.channel.take_over()
        self.session.resume_from(received)
        delivery = self.session.delivery
        assert delivery is not None
        self.expire_in(None)
        if self.dispatcher.scopes != who.scopes:
            # RESUME-009.
            self.set_scopes(who.scopes)
        return delivery.received

    def channel_ended(self, end: ChannelEnd, window_ms: int) -> None:
        """RESUME-005, RESUME-007."""
        self.session.wake = _nothing
        if end.code == "aborted" and not end.by_peer and not end.session_over:
            return
        if end.session_over or self.session.delivery is None or not self._heard_once or window_ms == 0:
            self._settle(end)
            return
        self.parked_at = time.monotonic()
        self._tell_turns(is_away=True)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(window_ms / 1000, self.end, "unavailable", "nobody resumed it in time")

    def parked_octets(self) -> int:
        """What the session holds without a channel."""
        kept = 0 if self.session.delivery is None else self.session.delivery.kept_octets
        return PARKED_OVERHEAD + kept + self.session.writer.unsent

    # Ends.

    def end(self, code: str, message: str, close_code: int = 1000) -> None:
        """Ends the session, with its channel where it has one."""
        if self.channel is not None and not self.channel.closed:
            self.channel.leave(code, message, close_code=close_code)
        elif not self.session.over:
            self._settle(ChannelEnd(True, code, message))

    def fault(self) -> None:
        """A fault of this side's own; the WebSocket is closed with 1011 for it."""
        self.end("internal", "the gateway failed")

    def _settle(self, end: ChannelEnd) -> None:
        if self.session.over:
            return
        self.session.over = True
        for timer in (self._timer, self._expiry):
            if timer is not None:
                timer.cancel()
        error = CallError("unavailable", "unknown", f"the session ended: {end.message}")
        self.caller.end(error, goes_on=False, last_stream=end.last_stream)
        self.dispatcher.session_over()
        self._over(self, end.message)

    # Grants.

    def set_scopes(self, scopes: frozenset[str]) -> None:
        """TOOL-002: what the peer may call from now on, and is offered."""
        before = self.dispatcher.registry.offered(self.dispatcher.scopes)
        self.dispatcher.scopes = scopes
        after = self.dispatcher.registry.offered(scopes)
        if after != before:
            self.session.offer(after)

    def expire_in(self, ms: float | None) -> None:
        """When the grant is over; None: never."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if ms is not None:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(ms / 1000, self.end, "unauthenticated", "the grant has expired")


def _nothing() -> None:
    """A session without a channel writes nothing."""


def told(session: Any) -> StandingSession:
    """What a handler was given as its session."""
    assert isinstance(session, StandingSession)
    return session
