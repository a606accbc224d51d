"""A WebSocket and what speaks on it: the one place where turnmux meets the network."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Awaitable, Callable, Protocol

from websockets.exceptions import ConnectionClosed

from .overdue import Timer, note_reading
from .wire import Message


_READ_AT_ONCE = 16


class Speaker(Protocol):
    """What speaks on a socket: the gateway's door, or a client's connection."""

    def receive(self, message: Message, now: float) -> bool:
        """A message came; gives whether it is turnmux's."""

    def poll(self, now: float) -> Message | None:
        """The next message to write."""

    def tick(self, now: float) -> None:
        """Time has passed."""

    def next_tick(self) -> float | None:
        """When `tick` or `poll` has something to do without a message."""

    @property
    def close_code(self) -> int | None:
        """Set when the socket is to be closed behind what is to be written."""


class Link:
    """Runs one socket until it is closed. Whole messages only go through `send`, so none lands amid a host's (CARR-007)."""

    def __init__(self, socket: Any, on_host: Callable[[Message], Awaitable[None]] | None) -> None:
        self._socket = socket
        self._on_host = on_host
        self._there = asyncio.Event()
        self._timer: Timer | None = None
        self.speaker: Speaker

    def wake(self) -> None:
        """There may be something to write. It leaves at the end of the event loop's turn (CHAN-006)."""
        self._there.set()

    async def send_host(self, message: Any) -> None:
        """A message of the host; an async iterator makes fragments."""
        await self._socket.send(message)

    async def run(self) -> None:
        """Reads and writes until either ends."""
        writing = asyncio.ensure_future(self._write())
        self.wake()
        try:
            await self._read()
        except ConnectionClosed:
            pass
        finally:
            if self._timer is not None:
                self._timer.cancel()
            # What is decided by now is written before the socket goes.
            if not writing.done():
                self.wake()
                await asyncio.wait({writing}, timeout=0 if self.speaker.close_code is None else 1)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _read(self) -> None:
        read = 0
        async for message in self._socket:
            note_reading()
            if not self.speaker.receive(message, time.monotonic()) and self._on_host is not None:
                await self._on_host(message)
            self.wake()
            read += 1
            if read % _READ_AT_ONCE == 0:
                # What waits is not read in one go: answers leave meanwhile.
                await asyncio.sleep(0)

    async def _write(self) -> None:
        try:
            while True:
                self._plan()
                await self._there.wait()
                await asyncio.sleep(0)
                self._there.clear()
                while (message := self.speaker.poll(time.monotonic())) is not None:
                    await self._socket.send(message)
                if self.speaker.close_code is not None:
                    await self._socket.close(self.speaker.close_code)
                    return
        except ConnectionClosed:
            return

    def _plan(self) -> None:
        at = self.speaker.next_tick()
        if at is None or (self._timer is not None and self._timer.at <= at):
            # A timer that is too early looks again.
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = Timer(max(at, time.monotonic()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.speaker.tick(time.monotonic())
        self.wake()
