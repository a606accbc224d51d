"""What a peer offers (section 8), and the names that have numbers in OPEN (CALL-016)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable

from .errors import ProtocolError
from .frames import Frame, pack_header
from .layout import Type

EFFECTS = ("read", "idempotent", "once")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SLOTS = 64


@dataclass(frozen=True)
class Offered:
    """A tool as OFFER states it."""

    name: str
    effect: str
    deadline_ms: int | None = None
    description: str | None = None
    streams: bool = False
    revision: str | None = None

    def entry(self) -> list[Any]:
        """The entry of OFFER."""
        effect = EFFECTS.index(self.effect)
        return [self.name, effect, self.deadline_ms, self.description, self.streams or None, self.revision]


def name_fault(name: str, others: Iterable[str]) -> str | None:
    """TOOL-001: what is wrong with a name beside the others, if anything is."""
    if not _NAME.fullmatch(name):
        return "a tool's name has other characters than it may, or too many"
    if name.startswith("turnmux."):
        return "a tool's name belongs to the protocol"
    if any(other != name and other.replace(".", "_") == name.replace(".", "_") for other in others):
        return "two tools have names that are equal once each '.' is '_'"
    return None


class PeerOffers:
    """What the peer offers now."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.tools: dict[str, Offered] = {}
        self.seen = False
        """Whether an OFFER came at all."""

    def take(self, header: list[Any]) -> bool:
        """An OFFER came. Gives whether it changed anything (RATE-002)."""
        mode, entries = header
        self.seen = True
        if mode == 2:
            after = {name: tool for name, tool in self.tools.items() if name not in set(entries)}
        else:
            after = dict(self.tools) if mode == 1 else {}
            for entry in entries:
                tool = _offered(entry)
                after[tool.name] = tool
        if len(after) > self._limit:
            raise ProtocolError("LIMIT-002", "more tools are offered than the limit offeredTools")
        if mode != 2:
            _check_names(after)
        changed = after != self.tools
        self.tools = after
        return changed


def _offered(entry: list[Any]) -> Offered:
    name, effect, deadline_ms, description, streams, revision = entry
    if effect >= len(EFFECTS):
        raise ProtocolError("FRAME-007", "there is no such effect of a tool")
    return Offered(name, EFFECTS[effect], deadline_ms, description, bool(streams), revision)


def _check_names(tools: dict[str, Offered]) -> None:
    flat: set[str] = set()
    for name in tools:
        fault = name_fault(name, ())
        if fault is None and name.replace(".", "_") in flat:
            fault = "two tools have names that are equal once each '.' is '_'"
        if fault is not None:
            raise ProtocolError("TOOL-001", fault)
        flat.add(name.replace(".", "_"))


def offer_frames(tools: list[Offered], frame_payload: int) -> list[Frame]:
    """TOOL-003: all the tools, in as many frames as that takes; the first replaces."""
    frames: list[Frame] = []
    entries: list[list[Any]] = []
    for tool in tools:
        entry = tool.entry()
        if entries and len(pack_header([0, [*entries, entry]])) > frame_payload:
            frames.append(Frame(Type.OFFER, 0, 0, [0 if not frames else 1, entries]))
            entries = []
        entries.append(entry)
    if entries or not frames:
        frames.append(Frame(Type.OFFER, 0, 0, [0 if not frames else 1, entries]))
    return frames


class Names:
    """CALL-016: the table of one direction, as its receiver keeps it. This side writes names, which it MAY."""

    def __init__(self) -> None:
        self._slots: list[str] = []
        self._next = 0

    def resolve(self, name: str | int | None, limit: int) -> str | None:
        """The string that stands in OPEN; a new one takes the next slot."""
        if name is None:
            return None
        if isinstance(name, int):
            if name >= len(self._slots):
                raise ProtocolError("CALL-017", "a number that stands for no name")
            name = self._slots[name]
            if len(name.encode()) > limit:
                raise ProtocolError("FRAME-009", "a number stands for a name that is too long here")
            return name
        if name not in self._slots:
            if len(self._slots) < _SLOTS:
                self._slots.append(name)
            else:
                self._slots[self._next] = name
            self._next = (self._next + 1) % _SLOTS
        return name
