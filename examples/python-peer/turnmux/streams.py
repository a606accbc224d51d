"""What one side knows of a stream: what it has to send on it, and what it has received of it (section 5)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .credit import Allowed, Granted
from .layout import Type

PROGRESS, ITEM = 1, 2


@dataclass(eq=False)
class Body:
    """A body on its way out: the frame that begins it, and its octets."""

    type: Type
    header: list[Any]
    data: bytes
    final: bool = False
    offset: int = 0
    begun: bool = False

    @property
    def is_item(self) -> bool:
        """Whether it is an item, which needs the channel's credit as well."""
        return self.type == Type.DATA and self.header[0] == ITEM

    @property
    def left(self) -> int:
        """The octets that were not written yet."""
        return len(self.data) - self.offset


@dataclass(eq=False)
class Assembly:
    """A body on its way in. `kind` is the type of the frame that began it; items and progress have their `header`."""

    type: Type
    header: list[Any]
    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    counted: int = 0
    """What of it counts for `assembling`: all, once there are several frames of it."""
    dropped: bool = False

    @property
    def is_item(self) -> bool:
        """Whether it is an item."""
        return self.type == Type.DATA and self.header[0] == ITEM


@dataclass(eq=False)
class Stream:
    """One stream, seen from one side. `mine`: this side opened it. An identifier of 0: its OPEN was not written yet."""

    mine: bool
    priority: int = 1
    id: int = 0
    # What is to be sent.
    bodies: deque[Body] = field(default_factory=deque)
    accept: list[Any] | None = None
    accept_written: bool = False
    reset: list[Any] | None = None
    reset_written: bool = False
    end_written: bool = False
    deadline: float | None = None
    allowed: Allowed | None = None
    # What came.
    granted: Granted | None = None
    assembly: Assembly | None = None
    last_body_over: bool = False
    reset_came: bool = False
    end_began: bool = False
    accept_came: bool = False
    last_accept: list[Any] | None = None
    items_unwanted: bool = False
    untaken: int = 0
    """Octets of items that the application has not taken."""
    owner: Any = None
    """The call, of whichever side."""

    @property
    def opened(self) -> bool:
        """Whether OPEN was handed to the carrier."""
        return self.id != 0

    @property
    def sendable(self) -> bool:
        """Whether there is anything to send, be it that it has to wait."""
        return bool(self.bodies) or self.accept is not None or self.reset is not None

    def drop_waiting_items(self) -> int:
        """CALL-005: takes items that were not begun out of the way. Gives how many."""
        kept = deque(body for body in self.bodies if body.begun or not body.is_item)
        dropped = len(self.bodies) - len(kept)
        self.bodies = kept
        return dropped
