"""Turns and lanes (section 8): one turn of a session runs at a time, and no wait closes a cycle."""

from __future__ import annotations

import secrets
from typing import Callable

from .errors import CallError

RETRY_AFTER_MS = 1000


class Turn:
    """A turn that has a lane, or waits for one."""

    def __init__(self, lane: str, name: str, principal: str, behalf: Turn | None, told: Callable[[Turn], None]) -> None:
        self.lane = lane
        """The session whose lane it is."""
        self.name = name
        self.principal = principal
        self.behalf = behalf
        """The nearest turn that is not over on whose behalf it is."""
        self.awaited = behalf is not None
        """Whether that one waits for it: not where another one that is over was between them."""
        self.state = "waiting"
        self.lineage = ""
        self.told = told
        """Called when the turn has the lane, and whenever its place has changed."""


class _Lane:
    """Who has the lane of a session, the first whose it is, and who waits, in order."""

    def __init__(self) -> None:
        self.having: list[Turn] = []
        self.waiting: list[Turn] = []


class Lanes:
    """The lanes of all sessions of a gateway."""

    def __init__(self, most_waiting: int) -> None:
        self._most = most_waiting
        self._lanes: dict[str, _Lane] = {}
        self._running: dict[str, Turn] = {}
        """By lineage."""

    def ask(
        self, lane: str, name: str, principal: str, lineage: str | None, told: Callable[[Turn], None]
    ) -> Turn | CallError:
        """LANE-001: asks for a lane. `told` is called at once where the turn has it, or has to wait."""
        # LANE-004: what is no running turn's counts as none.
        behalf = self._running.get(lineage or "")
        turn = Turn(lane, name, principal, behalf, told)
        of = self._lanes.setdefault(lane, _Lane())
        if not of.having or _belongs(behalf, of):
            self._give(of, turn)
            return turn
        if behalf is not None:
            way = self._way(of, behalf)
            if way is not None:
                return _cycle(way, principal)
        if len(of.waiting) >= self._most:
            # LANE-006.
            return CallError("resource_exhausted", "not_started", "too much waits for the lane", retry_after_ms=RETRY_AFTER_MS)
        of.waiting.append(turn)
        told(turn)
        return turn

    def standing(self, turn: Turn) -> tuple[str, int]:
        """LANE-006: behind which turn one waits, and at which place."""
        of = self._lanes[turn.lane]
        return of.having[0].name, of.waiting.index(turn)

    def leave(self, turn: Turn) -> None:
        """The turn is over, or waits no more. Again it is without effect."""
        if turn.state == "over":
            return
        of = self._lanes[turn.lane]
        (of.having if turn.state == "running" else of.waiting).remove(turn)
        turn.state = "over"
        self._running.pop(turn.lineage, None)
        for other in self._all():
            if other.behalf is turn:
                other.behalf, other.awaited = turn.behalf, False
        if not of.having:
            if not of.waiting:
                del self._lanes[turn.lane]
                return
            self._give(of, of.waiting.pop(0))
        for waiting in list(of.waiting):
            waiting.told(waiting)

    def _give(self, of: _Lane, turn: Turn) -> None:
        # LANE-002: 192 random bits.
        turn.lineage = secrets.token_urlsafe(24)
        turn.state = "running"
        of.having.append(turn)
        self._running[turn.lineage] = turn
        turn.told(turn)

    def _all(self) -> list[Turn]:
        return [turn for of in self._lanes.values() for turn in (*of.having, *of.waiting)]

    def _way(self, of: _Lane, to: Turn) -> list[Turn] | None:
        """LANE-005: by way of whom the lane is waited for by `to` already; None where it is not.

        What waits ahead leads nowhere else: it waits for what has the lane.
        """
        came_from: dict[Turn, Turn | None] = {turn: None for turn in of.having}
        open_ends = list(came_from)
        while open_ends:
            turn = open_ends.pop(0)
            if turn is to:
                way: list[Turn] = []
                step: Turn | None = turn
                while step is not None:
                    way.append(step)
                    step = came_from[step]
                return way
            if turn.state == "waiting":
                following = list(self._lanes[turn.lane].having)
            else:
                following = [other for other in self._all() if other.behalf is turn and other.awaited]
            for other in following:
                if other not in came_from:
                    came_from[other] = turn
                    open_ends.append(other)
        return None


def _belongs(behalf: Turn | None, of: _Lane) -> bool:
    while behalf is not None:
        if behalf in of.having:
            return True
        behalf = behalf.behalf
    return False


def _cycle(way: list[Turn], principal: str) -> CallError:
    own = dict.fromkeys(turn.name for turn in way if turn.principal == principal)
    named = f", by way of {', '.join(own)}" if own else ""
    return CallError("failed_precondition", "not_started", f"this wait could never end: it is a cycle{named}")
