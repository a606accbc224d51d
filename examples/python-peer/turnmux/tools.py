"""Tools: contracts, handlers, and what a handler is given."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Protocol

from .offers import Offered, name_fault
from .schema import Schema


class Aborted(Exception):
    """Raised in a handler whose call was given up, or whose time is over."""


class HandlerContext(Protocol):
    """What a handler is given."""

    session: Any
    """Whose call it is: what the application attached to the session."""
    stream: Any
    """The stream that END will be written on."""

    @property
    def aborted(self) -> asyncio.Event:
        """Set when the handler should stop."""

    def progress(self, value: Any) -> None:
        """Reports progress; the latest counts."""

    async def item(self, value: Any) -> None:
        """Sends an item, once there is room for it."""


Handler = Callable[[Any, HandlerContext], Awaitable[Any]]


async def pause(context: HandlerContext, ms: float) -> None:
    """Waits; raises `Aborted` at once where the call is given up."""
    try:
        await asyncio.wait_for(context.aborted.wait(), ms / 1000)
    except asyncio.TimeoutError:
        return
    raise Aborted


@dataclass(frozen=True)
class Tool:
    """A tool with its contract."""

    name: str
    effect: str
    handler: Handler
    scope: str
    description: str = ""
    input: Schema | None = None
    output: Schema | None = None
    item: Schema | None = None
    progress: Schema | None = None
    streams: bool = False
    max_deadline_ms: int | None = None
    default_deadline_ms: int | None = None
    max_concurrent: int | None = None
    lane: bool = False
    """LANE-007: whether a call takes the lane of its session."""
    verify: str | None = None
    """The tool that tells whether a call took effect."""
    find_out: Callable[[Any], tuple[str, Any]] | None = None
    """KEY-008: by a call's arguments, what became of it: "completed" with the result, "not_started", or "unknown"."""
    rerun_is_safe: bool = False
    """KEY-007: whether a call may run again whose run a crash cut off."""

    @property
    def revision(self) -> str:
        """Changes when the contract does."""
        contract = [self.effect, self.streams, self.input, self.output, self.item, self.progress, self.verify]
        return hashlib.sha256(json.dumps(contract, sort_keys=True).encode()).hexdigest()[:12]

    def offered(self) -> Offered:
        """The tool as OFFER states it."""
        deadline = self.default_deadline_ms or self.max_deadline_ms
        return Offered(self.name, self.effect, deadline, self.description or None, self.streams, self.revision)


class Registry:
    """The tools of one side."""

    def __init__(self, *, journal: bool) -> None:
        self._journal = journal
        self.tools: dict[str, Tool] = {}

    def register(self, tool: Tool) -> None:
        """TOOL-001, KEY-006, CALL-009: takes a tool, or raises ValueError."""
        fault = name_fault(tool.name, self.tools)
        if fault is None and tool.effect == "once" and not self._journal:
            fault = "a tool with effect once needs a journal"
        if fault is None and tool.effect == "once" and tool.lane:
            fault = "a tool with effect once takes no lane here"
        if fault is None and tool.effect == "once" and tool.streams:
            fault = "a tool with effect once sends no items"
        if fault is not None:
            raise ValueError(f"{tool.name}: {fault}")
        self.tools[tool.name] = tool

    def offered(self, scopes: frozenset[str] | None) -> list[Offered]:
        """TOOL-002: what a peer with these scopes may call; None stands for all of them."""
        return [tool.offered() for tool in self.tools.values() if scopes is None or tool.scope in scopes]
