"""Timers that read first what has arrived while the event loop was blocked (CALL-015)."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

_LATE_SECONDS = 0.05
"""A timer that is so late says that the loop was blocked."""
_LOOK_SECONDS = 0.02
_LEAST_SECONDS, _MOST_SECONDS = 0.25, 2.0
"""How long reading goes on at most, which bounds what a peer that floods can put off."""


class _Reading:
    """How much was read in this process."""

    messages = 0


def note_reading() -> None:
    """A message was read."""
    _Reading.messages += 1


class Timer:
    """Calls once at a time of the event loop's clock, which is `time.monotonic`."""

    def __init__(self, at: float, work: Callable[..., Any], *arguments: Any) -> None:
        self.at = at
        self._loop = asyncio.get_running_loop()
        self._work = work
        self._arguments = arguments
        self._handle = self._loop.call_at(at, self._due)

    def _due(self) -> None:
        now = self._loop.time()
        late = now - self.at
        if late <= _LATE_SECONDS:
            self._work(*self._arguments)
            return
        until = now + min(max(late, _LEAST_SECONDS), _MOST_SECONDS)
        self._handle = self._loop.call_later(_LOOK_SECONDS, self._look, until, _Reading.messages)

    def _look(self, until: float, read_before: int) -> None:
        """As long as reading brings something it goes on."""
        if _Reading.messages == read_before or self._loop.time() >= until:
            self._work(*self._arguments)
        else:
            self._handle = self._loop.call_later(_LOOK_SECONDS, self._look, until, _Reading.messages)

    def cancel(self) -> None:
        """Forgets it."""
        self._handle.cancel()


def timer_in(seconds: float, work: Callable[..., Any], *arguments: Any) -> Timer:
    """A timer that is due in so many seconds."""
    return Timer(asyncio.get_running_loop().time() + seconds, work, *arguments)
