"""One call that the peer made: from OPEN to END, and what its handler is given (section 6)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from . import content
from .content import ABSENT, fingerprint
from .errors import CallError, ToolError, ValueRefused
from .events import Ending, Opening
from .keyed import Execution
from .lanes import Turn
from .overdue import Timer
from .schema import faults
from .streams import Stream
from .tools import Aborted, Tool

if TYPE_CHECKING:
    from .dispatch import Dispatcher


class BrokenContract(Exception):
    """CALL-012: the handler gave something that its contract forbids."""


class IncomingCall:
    """A call of the peer. It is over once END is under way; its handler may run on."""

    def __init__(self, dispatcher: Dispatcher, stream: Stream, opening: Opening) -> None:
        self.dispatcher = dispatcher
        self.stream = stream
        self.opening = opening
        self.principal: str = dispatcher.principal
        self.call_id = opening.call_id
        self.key = opening.key or ""
        self.since = time.monotonic()
        self.state = "queued"
        self.over = False
        self.gone = False
        """Its session is over."""
        self.reset_code: str | None = None
        self.tool: Tool
        self.value: Any = ABSENT
        self.fingerprint = ""
        self.execution: Execution | None = None
        self.aborted = asyncio.Event()
        self.abort_code = "cancelled"
        self.items_missing = False
        self.held = 0
        self.turn: Turn | None = None
        """Of a tool that takes the lane of its session."""
        self.deadline: float | None = None
        if opening.deadline_ms is not None:
            self.deadline = self.since + opening.deadline_ms / 1000
        self._timer: Timer | None = None
        self._room = asyncio.Event()
        self._shorten()

    def _shorten(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.deadline is not None:
            self._timer = Timer(self.deadline, self._time_is_over)

    def settle_deadline(self, tool: Tool) -> int | None:
        """CALL-006: the deadline that counts. Gives it where the tool's maximum is below the caller's."""
        self.tool = tool
        if self.deadline is None:
            default = tool.default_deadline_ms or tool.max_deadline_ms
            if default is not None:
                self.deadline = self.since + default / 1000
        most = tool.max_deadline_ms
        shortened = None
        if most is not None and self.opening.deadline_ms is not None and self.opening.deadline_ms > most:
            self.deadline = self.since + most / 1000
            shortened = most
        self._shorten()
        return shortened

    def keep(self, value: Any) -> None:
        """The arguments of a `once` call, by which it is known again."""
        self.value = value
        self.fingerprint = fingerprint(self.tool.name, value)

    # What goes to the caller.

    def accept(
        self, state: int, reason: str | None = None, deadline_ms: int | None = None, place: int | None = None
    ) -> None:
        """ACCEPT."""
        self.state = ("running", "queued", "joined", "replayed", "waiting")[state]
        if not self.over and not self.gone:
            self.dispatcher.session.accept(self.stream, state, reason, deadline_ms, place)

    def end(self, ending: Ending) -> None:
        """END, once (CALL-004); what the call says of itself when it was given up meanwhile (CALL-005)."""
        if self.over:
            return
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        self._room.set()
        if not self.gone:
            self._say(ending)
        self.dispatcher.call_over(self)

    def _say(self, ending: Ending) -> None:
        session = self.dispatcher.session
        error = ending.error
        if error is None and self.items_missing:
            error = CallError(self.reset_code or "cancelled", "completed", "some items were not sent")
        if error is None:
            error = self._send_result(ending.value)
        if error is not None:
            details = content.encode(ABSENT if error.details is None else error.details, session.peer_contents)
            session.send_error(self.stream, error, *details)

    def _send_result(self, value: Any) -> CallError | None:
        session = self.dispatcher.session
        try:
            kind, data = content.encode(value, session.peer_contents)
        except ValueRefused:
            return CallError("internal", "completed", "the result cannot be told in a content that the caller takes")
        if len(data) > session.writer.body_limit:
            return CallError("resource_exhausted", "completed", "the result is longer than the caller takes")
        if session.writer.unsent > 0 and session.writer.unsent + len(data) > 4 * session.limits.unsent:
            return CallError("resource_exhausted", "completed", "too much waits for the caller to read it")
        session.send_result(self.stream, kind, data)
        return None

    # What comes from the caller, and time.

    def reset(self, code: str) -> None:
        """CALL-005: the caller gives the call up."""
        self.reset_code = code
        if self.dispatcher.session.writer.drop_items(self.stream):
            self.items_missing = True
        if self.over:
            self._take_result_back(code)
            return
        self._room.set()
        if self.state == "queued" or self.state == "waiting":
            self.end(Ending(error=CallError(code, "not_started", "the call was given up before it started")))
        elif self.execution is not None:
            if not self.execution.leave(self, code):
                self.end(Ending(error=CallError(code, "unknown", "the call was given up; others wait for its handler")))
        else:
            self._abort(code)

    def _take_result_back(self, code: str) -> None:
        """An item is missing ahead of a result that waits: the caller may not take it for whole."""
        if self.items_missing and not self.gone:
            why = "the call was given up while items of it waited"
            self.dispatcher.session.replace_result(self.stream, CallError(code, "completed", why))

    def _abort(self, code: str) -> None:
        if not self.aborted.is_set():
            self.abort_code = code
            self.aborted.set()

    def _time_is_over(self) -> None:
        """CALL-006."""
        if self.over:
            return
        started = self.state not in ("queued", "waiting")
        if self.execution is not None:
            self.execution.leave(self, "deadline_exceeded")
        self._abort("deadline_exceeded")
        outcome = "not_started"
        if started:
            outcome = "unknown" if self.tool.effect == "once" else "failed"
        self.end(Ending(error=CallError("deadline_exceeded", outcome, "the deadline of the call is over")))

    def session_over(self) -> None:
        """Nobody hears of the call any more."""
        self.gone = True
        if self.execution is not None:
            self.execution.leave(self, "cancelled")
        self._abort("cancelled")
        self.end(Ending(ABSENT))

    def written(self) -> None:
        """Something of the call was written: there may be room for an item."""
        self._room.set()

    # What the handler gives.

    def send_progress(self, value: Any) -> None:
        """A progress report."""
        kind, data = self._checked(self.tool.progress, value)
        if not self.over and self.stream.accept_written | (self.stream.accept is not None):
            self.dispatcher.session.send_progress(self.stream, kind, data)

    async def send_item(self, value: Any) -> None:
        """An item, once there is room."""
        kind, data = self._checked(self.tool.item, value)
        if self.over or self.reset_code is not None:
            self.items_missing = True
            raise Aborted
        session = self.dispatcher.session
        session.send_item(self.stream, kind, data)
        while not self.over and self.reset_code is None and self._full():
            self._room.clear()
            await self._room.wait()

    def _full(self) -> bool:
        session = self.dispatcher.session
        waiting = sum(body.left for body in self.stream.bodies if body.is_item)
        return waiting > session.limits.unsent_items or (waiting > 0 and session.writer.unsent >= session.limits.unsent)

    def _checked(self, schema: dict[str, Any] | None, value: Any) -> tuple[int, bytes]:
        """CALL-012."""
        if next(faults(schema, value), None) is not None:
            raise BrokenContract
        try:
            kind, data = content.encode(value, self.dispatcher.session.peer_contents)
        except ValueRefused:
            raise BrokenContract from None
        if len(data) > self.dispatcher.session.writer.body_limit:
            raise BrokenContract
        return kind, data

    def check_result(self, value: Any) -> Any:
        """CALL-012: the result as it may be sent."""
        if next(faults(self.tool.output, value), None) is not None:
            raise BrokenContract
        try:
            return value if value is ABSENT else content.plain(value)[0]
        except ValueRefused:
            raise BrokenContract from None


def of_exception(call: IncomingCall, error: BaseException, aborted: asyncio.Event, abort_code: str) -> CallError:
    """ERR-002, ERR-003: what a caller is told of what a handler raised."""
    uncertain = "unknown" if call.tool.effect == "once" else "failed"
    if isinstance(error, BrokenContract):
        return CallError("internal", "completed", "the tool gave what its contract forbids")
    if isinstance(error, ToolError):
        return CallError(error.code, error.outcome, error.message, details=error.details)
    if aborted.is_set():
        return CallError(abort_code, uncertain, "the call was given up")
    return CallError("internal", uncertain, "the tool failed")
