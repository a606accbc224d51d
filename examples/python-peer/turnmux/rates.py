"""Token buckets for what costs a peer next to nothing (section 13, "Rates")."""

from __future__ import annotations

from .errors import ProtocolError
from .limits import Limits

BURST_SECONDS = 5


class Bucket:
    """So many a second, and five seconds' worth at once, and of some a few more."""

    def __init__(self, requirement: str, name: str, rate: float, more: int, now: float) -> None:
        self._requirement = requirement
        self._name = name
        self._rate = rate
        self._capacity = rate * BURST_SECONDS + more
        self._left = self._capacity
        self._at = now

    def take(self, now: float) -> None:
        """Counts one; beyond the rate the peer breaks the protocol."""
        self._left = min(self._capacity, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            raise ProtocolError(self._requirement, f"beyond the rate {self._name}")
        self._left -= 1


class Rates:
    """The four rates of one channel: another channel begins with full buckets."""

    def __init__(self, limits: Limits, heartbeat_ms: int, peer_streams: int, now: float) -> None:
        pings = max(limits.pings, 2 * 1000 / heartbeat_ms)
        self.pings = Bucket("RATE-001", "pings", pings, 0, now)
        self.idle = Bucket("RATE-002", "idleFrames", limits.idle_frames, limits.streams + peer_streams, now)
        self.resets = Bucket("RATE-003", "resets", limits.resets, 2 * limits.streams, now)
        self.short = Bucket("RATE-004", "shortFragments", limits.short_fragments, 0, now)
