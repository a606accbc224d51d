"""A gateway with asyncio: its sessions, and the sockets that they are reached by."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from typing import Any, Awaitable, Callable, Mapping

from .caller import Caller
from .channel import Channel, ChannelEnd
from .dispatch import Dispatcher
from .door import Door, Hello, Vouched
from .incoming import IncomingCall
from .keyed import KeyedCalls
from .lanes import Lanes
from .limits import Limits
from .link import Link
from .proof import Grant
from .session import Session
from .standing import NotResumed, StandingSession
from .tools import Registry
from .turns import TurnsOfSession
from .wire import Carriage, Message

_REMEMBERED = 1024


class Gateway:
    """Everything that outlives a socket."""

    def __init__(self, registry: Registry, keyed: KeyedCalls, limits: Limits, grants: Mapping[str, Grant]) -> None:
        self.limits = limits
        self._registry = registry
        self._keyed = keyed
        self._grants = grants
        self._lanes = Lanes(limits.lane_queue)
        self._sessions: dict[str, StandingSession] = {}
        self._ended: OrderedDict[str, tuple[str, str]] = OrderedDict()
        """Why sessions ended, and whose they were."""
        self._draining = False

    # Sockets.

    async def serve(
        self,
        socket: Any,
        *,
        audience: str = "",
        vouched: Vouched | None = None,
        own_endpoint: bool = False,
        later: bool = False,
        wrapped: Callable[[], Carriage] | None = None,
        on_host: Callable[[Message, Link, Door], Awaitable[None]] | None = None,
    ) -> None:
        """Speaks on one WebSocket until it is closed."""
        current: list[StandingSession] = []

        async def host(message: Message) -> None:
            if on_host is not None:
                await on_host(message, link, door)

        def ended(end: ChannelEnd) -> None:
            current[-1].channel_ended(end, self.limits.resume_window_ms)
            self._bound_parked(current[-1].principal)

        link = Link(socket, host)
        door = Door(
            _Entrance(self, current),
            self.limits,
            own_endpoint=own_endpoint,
            now=asyncio.get_running_loop().time(),
            wake=link.wake,
            audience=audience,
            grants=self._grants,
            vouched=vouched,
            ended=ended,
            later=later,
            wrapped=wrapped,
        )
        link.speaker = door
        try:
            await link.run()
        except Exception:
            if current:
                current[-1].fault()
            raise
        finally:
            if door.channel is not None:
                door.channel.lost()

    # Sessions.

    def refusal(self, resume: str | None) -> tuple[str, str] | None:
        """A gateway that drains lets nobody in, but for those whose calls it has yet to finish."""
        if not self._draining or resume in self._sessions:
            return None
        return "unavailable", "the gateway drains"

    def enter(self, hello: Hello, who: Vouched, wake: Callable[[], None]) -> tuple[list[Any], StandingSession, bool]:
        """Opens a session, or resumes the one that HELLO names."""
        not_resumed: str | None = None
        if hello.resume is not None:
            try:
                standing, received = self._resume(hello, who)
                token = standing.fresh_token(hello.resume[1])
                return self._ending(standing, token, received, None), standing, True
            except NotResumed as reason:
                not_resumed = str(reason)
        standing = self._open(hello, who, wake)
        token = standing.fresh_token(None) if "delivery" in hello.features else None
        return self._ending(standing, token, None, not_resumed), standing, False

    @staticmethod
    def _ending(standing: StandingSession, token: bytes | None, received: int | None, why: str | None) -> list[Any]:
        scopes = sorted(standing.dispatcher.scopes or ())
        return [standing.id, standing.principal, scopes, token, received, why]

    def _resume(self, hello: Hello, who: Vouched) -> tuple[StandingSession, int]:
        assert hello.resume is not None
        session_id, token, received = hello.resume
        standing = self._sessions.get(session_id)
        if standing is None:
            reason, principal = self._ended.get(session_id, ("", ""))
            if reason and principal == who.principal:
                raise NotResumed(f"the session ended: {reason}")
            # RESUME-010: of the session of another nothing is said.
            raise NotResumed("there is no such session")
        standing.check_resume(who, hello, received, token)
        return standing, standing.resume(who, received)

    def _open(self, hello: Hello, who: Vouched, wake: Callable[[], None]) -> StandingSession:
        session = Session("gateway", self.limits, hello.stated, hello.features, hello.contents, wake)
        caller = Caller(self.limits)
        dispatcher = Dispatcher(session, self._registry, self._keyed, who.principal, who.scopes)
        session.caller, session.receiver = caller, dispatcher
        session_id = secrets.token_urlsafe(12)
        limits = self.limits
        dispatcher.turns = TurnsOfSession(
            self._lanes, session_id, who.principal, limits.turn_owner_ms, limits.streams
        )
        standing = StandingSession(session_id, session, caller, dispatcher, who, hello, self._over, self._calls_of)
        self._sessions[session_id] = standing
        caller.begin(session)
        # HAND-011: also where there are no tools.
        session.offer(self._registry.offered(who.scopes))
        return standing

    def _over(self, standing: StandingSession, why: str) -> None:
        self._sessions.pop(standing.id, None)
        self._ended[standing.id] = (why, standing.principal)
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def _calls_of(self, principal: str) -> list[IncomingCall]:
        return [
            call
            for standing in self._sessions.values()
            if standing.principal == principal
            for call in standing.dispatcher.calls.values()
        ]

    def _parked(self, principal: str | None = None) -> list[StandingSession]:
        """Sessions without a channel, those first that have been so for longest."""
        parked = [
            standing
            for standing in self._sessions.values()
            if standing.parked_at is not None and principal in (None, standing.principal)
        ]
        return sorted(parked, key=lambda standing: standing.parked_at or 0)

    def _bound_parked(self, principal: str) -> None:
        """RESUME-007: what sessions without a channel may hold."""
        parked = self._parked(principal)
        for standing in parked[: max(0, len(parked) - self.limits.parked_sessions)]:
            standing.end("resource_exhausted", "too many sessions of its principal had no channel")
        while sum(standing.parked_octets() for standing in self._parked()) > self.limits.parked_octets:
            held: dict[str, int] = {}
            for standing in self._parked():
                held[standing.principal] = held.get(standing.principal, 0) + standing.parked_octets()
            most = max(held, key=lambda name: held[name])
            self._parked(most)[0].end("resource_exhausted", "sessions without a channel held too much")

    async def drain(self, grace_seconds: float) -> None:
        """CHAN-003: lets calls finish for a while, and ends all sessions."""
        self._draining = True
        for standing in list(self._sessions.values()):
            standing.drain()
        until = asyncio.get_running_loop().time() + grace_seconds
        while self._sessions and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        for standing in list(self._sessions.values()):
            standing.end("unavailable", "the gateway ended", 1001)


class _Entrance:
    """The gateway as the door of one socket sees it."""

    def __init__(self, gateway: Gateway, current: list[StandingSession]) -> None:
        self._gateway = gateway
        self._current = current

    def refusal(self, resume: str | None) -> tuple[str, str] | None:
        """See `Hub`."""
        return self._gateway.refusal(resume)

    def enter(self, hello: Hello, who: Vouched, door: Door) -> tuple[list[Any], Callable[[Channel], None], Session]:
        """See `Hub`."""
        ending, standing, _resumed = self._gateway.enter(hello, who, door.wake)
        self._current[:] = [standing]

        def attach(channel: Channel) -> None:
            channel.on_first_message = standing.heard
            standing.attach(channel, door.wake)

        return ending, attach, standing.session
