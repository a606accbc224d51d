"""The arithmetic of credit (section 12)."""

from __future__ import annotations

from .errors import ProtocolError
from .limits import COUNTED_OVERHEAD, KIB

_SLACK = 1088
"""What the table of section 12 sets a stream's window apart by: 1 KiB and an item's 64."""


def stream_step(window: int) -> int:
    """What is worth a CREDIT on a stream."""
    return (window - _SLACK) // 2 if window >= 2 * _SLACK else window // 4


def stream_enough(window: int) -> int:
    """The credit with which a body may begin that is longer than it."""
    return (window + _SLACK) // 2 if window >= 2 * _SLACK else 3 * window // 4


def channel_step(window: int) -> int:
    """What is worth a CREDIT on stream 0."""
    return min(window // 4, 64 * KIB)


def channel_enough(window: int) -> int:
    """The credit of the channel with which an item may begin that is longer than it."""
    return window // 2


class Granted:
    """Credit that this side gives: on one stream, or of the channel."""

    def __init__(self, window: int, step: int) -> None:
        self.window = window
        self.granted = window
        self.received = 0
        self._step = step
        self._taken = 0

    def arrive(self, octets: int) -> None:
        """Counts octets that came; whether they were covered is the caller's to check first."""
        self.received += octets

    def covers(self, octets: int) -> bool:
        """Whether so many octets more are within what was granted."""
        return self.received + octets <= self.granted

    def give_back(self, octets: int) -> None:
        """Octets that make room again (the last column of section 12)."""
        self._taken += octets

    def due(self) -> bool:
        """FLOW-006: whether what was given back makes a step."""
        return self._next - self.granted >= max(1, self._step)

    def grant(self) -> int:
        """The limit to grant now."""
        self.granted = max(self.granted, self._next)
        return self.granted

    @property
    def _next(self) -> int:
        return self.window + self._taken


class Allowed:
    """Credit that the peer gives."""

    def __init__(self, window: int, enough: int) -> None:
        self.window = window
        self.limit = window
        self.sent = 0
        self._enough = enough

    @property
    def at_hand(self) -> int:
        """The octets that may be sent now."""
        return self.limit - self.sent

    def may_begin(self, octets: int) -> bool:
        """FLOW-008: whether a body of so many octets may begin."""
        return octets <= self.at_hand or self.at_hand >= self._enough

    def raise_to(self, limit: int) -> int:
        """FLOW-004: a CREDIT came. Gives how much more it grants."""
        if limit < self.limit:
            raise ProtocolError("FLOW-004", "a CREDIT goes back")
        more, self.limit = limit - self.limit, limit
        return more


def item_octets(body: int) -> int:
    """What an item counts for: its octets, and 64 more."""
    return body + COUNTED_OVERHEAD


def granted_stream(window: int) -> Granted:
    """A stream's credit in the direction that this side receives."""
    return Granted(window, stream_step(window))


def allowed_stream(window: int) -> Allowed:
    """A stream's credit in the direction that this side sends."""
    return Allowed(window, stream_enough(window))
