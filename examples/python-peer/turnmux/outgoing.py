"""One call that this side makes: what was asked for, what came, and how it ended (section 6)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

from .content import ABSENT
from .events import Accepted, Ending
from .overdue import Timer
from .streams import Stream

PRIORITIES = {"interactive": 0, "normal": 1, "bulk": 2}


class CallListener(Protocol):
    """Who is told what becomes of a call."""

    def accepted(self, accepted: Accepted) -> None:
        """ACCEPT."""

    def progress(self, value: Any) -> None:
        """A progress report."""

    def item(self, value: Any) -> None:
        """An item was taken."""

    def ended(self, ending: Ending) -> None:
        """The call is over."""


@dataclass
class Request:
    """What the application asks for."""

    tool: str
    value: Any = ABSENT
    key: str | None = None
    timeout_ms: float | None = None
    accept_timeout_ms: float | None = None
    priority: str = "normal"
    turn: str | None = None
    wanted_items: int | None = None
    """How many items are taken by themselves; None: all."""


@dataclass(eq=False)
class OutgoingCall:
    """A call on its way. Items wait here until they are taken."""

    request: Request
    call_id: str
    listener: CallListener
    take: Callable[[OutgoingCall, int], None]
    """Gives back what an item made up: the call, and its octets."""
    key: str | None = None
    deadline: float | None = None
    stream: Stream | None = None
    written_once: bool = False
    """Its OPEN was handed to the carrier, of whichever session."""
    reopened: bool = False
    repeats_unknown: bool = False
    """KEY-010: it took the key of a call that was reported as unknown."""
    fingerprint: str | None = None
    accepted: bool = False
    given_up: str | None = None
    """The code of its RESET."""
    over: bool = False
    items_given: bool = False
    items: deque[tuple[Any, int]] = field(default_factory=deque)
    wanted: int | None = None
    left: bool = False
    timers: list[Timer] = field(default_factory=list)

    @property
    def in_flight(self) -> bool:
        """Whether its OPEN was written in the session at hand."""
        return self.stream is not None and self.stream.opened

    def give_item(self, value: Any, octets: int) -> None:
        """An item came."""
        if self.over or self.left or self.given_up is not None:
            self.take(self, octets)
            return
        self.items.append((value, octets))
        self.deliver()

    def want(self, items: int) -> None:
        """So many more items are to be taken."""
        if self.wanted is not None:
            self.wanted += items
            self.deliver()

    def deliver(self) -> None:
        """Takes the items that are wanted."""
        while self.items and (self.wanted is None or self.wanted > 0):
            value, octets = self.items.popleft()
            if self.wanted is not None:
                self.wanted -= 1
            self.items_given = True
            self.take(self, octets)
            self.listener.item(value)

    def drop_items(self) -> None:
        """Nobody will take what waits."""
        self.items.clear()

    def stop_timers(self) -> None:
        """The call is over."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
