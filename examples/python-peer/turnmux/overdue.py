"""Timers that read first what has arrived while the event loop was blocked (CALL-015)."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

_LATE_SECONDS = 0.03
"""A timer that is so late says that the loop was blocked."""
_READ_SECONDS = 0.25
"""How long reading goes on then, which bounds what a peer that floods can put off."""


class Timer:
    """Calls once at a time of the event loop's clock, which is `time.monotonic`."""

    def __init__(self, at: float, work: Callable[..., Any], *arguments: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._at = at
        self._work = work
        self._arguments = arguments
        self._handle = self._loop.call_at(at, self._due)

    def _due(self) -> None:
        if self._loop.time() - self._at > _LATE_SECONDS:
            self._handle = self._loop.call_later(_READ_SECONDS, self._work, *self._arguments)
        else:
            self._work(*self._arguments)

    def cancel(self) -> None:
        """Forgets it."""
        self._handle.cancel()


def timer_in(seconds: float, work: Callable[..., Any], *arguments: Any) -> Timer:
    """A timer that is due in so many seconds."""
    return Timer(asyncio.get_running_loop().time() + seconds, work, *arguments)
