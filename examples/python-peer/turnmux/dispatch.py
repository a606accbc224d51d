"""The side that runs handlers: what a call has to pass before its handler sees it (section 6)."""

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import Any

from .builtin import BUILT_IN
from .content import ABSENT
from .errors import CallError
from .events import Ending, Opening
from .incoming import IncomingCall, of_exception
from .keyed import Execution, KeyedCalls
from .schema import faults
from .session import Session
from .streams import Body, Stream
from .layout import Type
from .tools import Registry, Tool
from .turns import TURN_TOOLS, TurnsOfSession

RETRY_AFTER_MS = 100
_SMALL = 1024


class Context:
    """What a handler is given. Of calls that share a handler all have its progress."""

    def __init__(self, dispatcher: Dispatcher, calls: list[IncomingCall], aborted: asyncio.Event) -> None:
        self._calls = calls
        self.session = dispatcher.attached
        self.aborted = aborted
        self.stream = calls[0].stream

    def progress(self, value: Any) -> None:
        """Reports progress."""
        for call in list(self._calls):
            call.send_progress(value)

    async def item(self, value: Any) -> None:
        """Sends an item."""
        await self._calls[0].send_item(value)


class Dispatcher:
    """The calls that the peer of one session makes."""

    def __init__(
        self, session: Session, registry: Registry, keyed: KeyedCalls | None, principal: str, scopes: frozenset[str] | None
    ) -> None:
        self.session = session
        self.registry = registry
        self.keyed = keyed
        self.principal = principal
        self.scopes = scopes
        """What the peer may call; None: everything."""
        self.turns: TurnsOfSession | None = None
        """None on a client, which has no lanes."""
        self.attached: Any = None
        """What the application keeps with the session."""
        self.calls: dict[int, IncomingCall] = {}
        self.running: dict[str, int] = {}
        """CALL-013: handlers that run, by tool, whether their calls are over or not."""
        self._held = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def allows(self, tool: Tool) -> bool:
        """Whether the scopes allow a tool."""
        return self.scopes is None or tool.scope in self.scopes

    # Events of the session.

    def opening(self, stream: Stream, opening: Opening) -> None:
        """OPEN came."""
        call = IncomingCall(self, stream, opening)
        stream.owner = call
        self.calls[stream.id] = call

    def refused(self, stream: Stream) -> None:
        """The session ends the call itself."""
        call = self.calls.pop(stream.id, None)
        if call is not None:
            call.gone = True
            call.end(Ending(ABSENT))

    def reset(self, stream: Stream, code: str) -> None:
        """RESET came."""
        if isinstance(stream.owner, IncomingCall):
            stream.owner.reset(code)

    def written(self, stream: Stream, body: Body) -> None:
        """A body of a call was written."""
        call = stream.owner
        if isinstance(call, IncomingCall):
            call.written()
        if body.type == Type.END and self.attached is not None:
            self.attached.end_written(stream)

    def session_over(self) -> None:
        """CALL-014 from the other side: nobody hears of these calls any more."""
        for call in list(self.calls.values()):
            call.session_over()
        if self.turns is not None:
            self.turns.over()

    def call_over(self, call: IncomingCall) -> None:
        """END is under way."""
        self.calls.pop(call.stream.id, None)
        if call.execution is None and not call.state == "running":
            self._let_go(call)
            self._leave_lane(call)

    def _leave_lane(self, call: IncomingCall) -> None:
        if self.turns is not None:
            self.turns.leave(call)

    def _let_go(self, call: IncomingCall) -> None:
        self._held -= call.held
        call.held = 0

    # From the arguments to the handler.

    def arguments(self, stream: Stream, value: Any, octets: int) -> None:
        """All the arguments of a call came. Of the reasons for END the first that holds counts."""
        call = stream.owner
        if not isinstance(call, IncomingCall) or call.over:
            return
        error = self._fault(call, value, octets)
        if error is not None:
            call.end(Ending(error=error))

    def _fault(self, call: IncomingCall, value: Any, octets: int) -> CallError | None:
        """What keeps the call from its handler; without it the call goes on."""
        opening = call.opening
        if self.session.writer.unsent > self.session.limits.unsent:
            return _too_much("too much waits to be read by this peer")
        built_in = BUILT_IN.get(opening.tool)
        if built_in is None and self.turns is not None:
            built_in = TURN_TOOLS.get(opening.tool)
        tool = self.registry.tools.get(opening.tool)
        if built_in is None and tool is None:
            return CallError("unimplemented", "not_started", "there is no such tool")
        if tool is not None and not self.allows(tool):
            return CallError("permission_denied", "not_started", "the scopes do not allow this tool")
        if tool is not None and tool.max_concurrent is not None and self.running.get(tool.name, 0) >= tool.max_concurrent:
            return _too_much("too many calls of this tool run")
        held = octets + sum(len(key.encode()) + len(entry.encode()) for key, entry in opening.meta.items())
        if held > _SMALL and self._held > 0 and self._held + held > self.session.limits.held_arguments:
            return _too_much("the arguments of other calls take all room")
        if opening.deadline_ms == 0:
            return CallError("deadline_exceeded", "not_started", "the deadline of the call is over")
        chosen = tool or built_in
        assert chosen is not None
        wrong = list(faults(chosen.input, value))
        if wrong:
            issues = [{"path": _parts(path), "message": message} for path, message in wrong[:32]]
            return CallError("invalid_argument", "not_started", "the arguments do not fit", details={"issues": issues})
        if chosen.effect == "once" and not opening.key:
            return CallError("invalid_argument", "not_started", "a call of a tool with effect once needs a key")
        if held > _SMALL:
            call.held = held
            self._held += held
        deadline_ms = call.settle_deadline(chosen)
        if chosen.lane and self.turns is not None:
            return self.turns.take(call, value, deadline_ms, lambda: self._go(call, chosen, value, deadline_ms))
        self._go(call, chosen, value, deadline_ms)
        return None

    def _go(self, call: IncomingCall, tool: Tool, value: Any, deadline_ms: int | None) -> None:
        if tool.effect == "once" and self.keyed is not None:
            call.keep(value)
            self.keyed.take(call, self._run_once)
            return
        call.accept(0, None, deadline_ms)
        self.running[tool.name] = self.running.get(tool.name, 0) + 1
        task = asyncio.ensure_future(self._run(call, value))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, call: IncomingCall, value: Any) -> None:
        try:
            ending = await self._handle(call, value, Context(self, [call], call.aborted), call.aborted, lambda: call.abort_code)
        finally:
            self.running[call.tool.name] -= 1
            self._let_go(call)
        call.end(ending)
        self._leave_lane(call)

    async def _run_once(self, call: IncomingCall, execution: Execution) -> Ending:
        self.running[call.tool.name] = self.running.get(call.tool.name, 0) + 1
        context = Context(self, execution.callers, execution.aborted)
        try:
            return await self._handle(call, call.value, context, execution.aborted, lambda: execution.abort_code)
        finally:
            self.running[call.tool.name] -= 1
            self._let_go(call)

    async def _handle(
        self, call: IncomingCall, value: Any, context: Context, aborted: asyncio.Event, abort_code: Any
    ) -> Ending:
        try:
            return Ending(call.check_result(await call.tool.handler(value, context)))
        except Exception as error:  # Whatever a handler raises ends its call and nothing else.
            told = of_exception(call, error, aborted, abort_code())
            if told.code == "internal":
                # ERR-003: the details stay here.
                traceback.print_exc(file=sys.stderr)
            return Ending(error=told)


def _too_much(why: str) -> CallError:
    return CallError("resource_exhausted", "not_started", why, retry_after_ms=RETRY_AFTER_MS)


def _parts(path: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in path.split("/")[1:]]
