"""Calls of `once` tools: each key runs once (section 7, "Keys")."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Awaitable, Callable

from .errors import CallError
from .events import Ending
from .journal import Journal, JournalRefused, Record, value_of_json
from .overdue import Timer
from .schema import faults
from .tools import Tool

if TYPE_CHECKING:
    from .incoming import IncomingCall

RUNNING, JOINED, REPLAYED, WAITING = 0, 2, 3, 4
_RECORD_AGAIN_SECONDS = 0.2


@dataclass(eq=False)
class Execution:
    """One run of a handler, with all the calls that share it (KEY-005)."""

    record: Record
    callers: list[IncomingCall] = field(default_factory=list)
    aborted: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    abort_code: str = "cancelled"
    repeats: bool = False
    """KEY-007: it repeats a run that may have taken effect."""
    timer: Timer | None = None

    def leave(self, call: IncomingCall, code: str) -> bool:
        """A caller has left. Gives whether it was the last, on which the handler is aborted."""
        if call not in self.callers or len(self.callers) > 1:
            if call in self.callers:
                self.callers.remove(call)
            return False
        self.abort(code)
        return True

    def abort(self, code: str) -> None:
        """Asks the handler to stop."""
        if not self.aborted.is_set():
            self.abort_code = code
            self.aborted.set()


Run = Callable[["IncomingCall", Execution], Awaitable[Ending]]


class KeyedCalls:
    """All calls of `once` tools of one side, by principal and key, whatever the session (KEY-001)."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._running: dict[tuple[str, str], Execution] = {}
        self._unrecorded: dict[tuple[str, str], tuple[Record, Ending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._recording: asyncio.TimerHandle | None = None

    def find_running(self, principal: str, key: str | None, call_id: str | None) -> Record | None:
        """The record of a call that runs."""
        for execution in self._running.values():
            record = execution.record
            if record.principal == principal and (record.key == key or record.call_id == call_id):
                return record
        return None

    def find_settled(self, principal: str, key: str | None, call_id: str | None) -> Record | None:
        """What is known of a call that does not run: recorded, or waiting to be."""
        for record, ending in self._unrecorded.values():
            if record.principal == principal and (record.key == key or record.call_id == call_id):
                record.ending = ending
                return record
        if key is not None:
            return self.journal.find(principal, key)
        return None if call_id is None else self.journal.find_call(principal, call_id)

    def take(self, call: IncomingCall, run: Run) -> None:
        """A call of a `once` tool, whose scopes and arguments were checked (KEY-002)."""
        where = call.principal, call.key
        execution = self._running.get(where)
        if execution is not None:
            self._meet(call, execution, run)
            return
        unrecorded = self._unrecorded.get(where)
        if unrecorded is not None:
            self._meet_unrecorded(call, *unrecorded)
            return
        record = self.journal.find(*where)
        if record is None:
            self._begin(call, run)
        elif record.fingerprint != call.fingerprint:
            call.end(Ending(error=_another_call()))
        elif record.ending is not None:
            call.accept(REPLAYED)
            call.end(record.ending)
        elif call.tool.find_out is not None:
            self._take_abandoned(call, record, run)
        elif call.tool.rerun_is_safe:
            self._start(call, record, run, repeats=True)
        else:
            self._give_up_on(call, record)

    def _meet(self, call: IncomingCall, execution: Execution, run: Run) -> None:
        if execution.record.fingerprint != call.fingerprint:
            call.end(Ending(error=_another_call()))
        elif execution.aborted.is_set():
            # KEY-005: it waits for the end of the handler that is being aborted.
            call.accept(WAITING, "the call with this key is being given up")
            self._later(self._after(call, execution, run))
        else:
            execution.callers.append(call)
            call.execution = execution
            self._extend(execution)
            call.accept(JOINED)

    def _meet_unrecorded(self, call: IncomingCall, record: Record, ending: Ending) -> None:
        """KEY-009: an ending that the journal has refused so far."""
        if _frees(ending):
            why = "the journal does not know yet that this key is free"
            call.end(Ending(error=CallError("unavailable", "not_started", why)))
        elif record.fingerprint != call.fingerprint:
            call.end(Ending(error=_another_call()))
        else:
            call.accept(REPLAYED)
            call.end(ending)

    async def _after(self, call: IncomingCall, execution: Execution, run: Run) -> None:
        await execution.ended.wait()
        if not call.over and not call.gone:
            self.take(call, run)

    def find_out(self, tool: Tool, record: Record) -> None:
        """KEY-008: asks the tool of a call that a crash cut off, and records what it says."""
        assert tool.find_out is not None
        became, value = tool.find_out(value_of_json(record.arguments))
        if became == "completed":
            wrong = next(faults(tool.output, value), None) is not None
            error = CallError("internal", "completed", "the tool gave what its contract forbids")
            self._record(record, Ending(error=error) if wrong else Ending(value))
        elif became == "not_started":
            self._record(record, Ending(error=CallError("aborted", "not_started", "the call had not started")))

    def _take_abandoned(self, call: IncomingCall, record: Record, run: Run) -> None:
        self.find_out(call.tool, record)
        known = self.find_settled(call.principal, call.key, None)
        if known is record and record.ending is None:
            # Nothing is recorded: the next repetition asks again.
            call.end(Ending(error=_nobody_knows()))
        else:
            self.take(call, run)

    def _give_up_on(self, call: IncomingCall, record: Record) -> None:
        """KEY-007: the process that ran it died, and its tool has no means to find out."""
        ending = Ending(error=_nobody_knows())
        self._record(record, ending)
        call.end(ending)

    def _begin(self, call: IncomingCall, run: Run) -> None:
        try:
            # CALL-002: ahead of ACCEPT.
            record = self.journal.claim(call.principal, call.key, call.tool.name, call.fingerprint, call.call_id, call.value)
        except JournalRefused:
            call.end(Ending(error=CallError("unavailable", "not_started", "the journal takes no calls")))
            return
        self._start(call, record, run, repeats=False)

    def _start(self, call: IncomingCall, record: Record, run: Run, *, repeats: bool) -> None:
        execution = Execution(record, [call], repeats=repeats)
        call.execution = execution
        self._running[call.principal, call.key] = execution
        self._extend(execution)
        call.accept(RUNNING)
        self._later(self._run(call, execution, run))

    def _extend(self, execution: Execution) -> None:
        """KEY-005: the handler has the latest of its callers' deadlines."""
        if execution.timer is not None:
            execution.timer.cancel()
            execution.timer = None
        deadlines = [caller.deadline for caller in execution.callers]
        if deadlines and all(deadline is not None for deadline in deadlines):
            latest = max(deadline for deadline in deadlines if deadline is not None)
            execution.timer = Timer(latest, execution.abort, "deadline_exceeded")

    async def _run(self, call: IncomingCall, execution: Execution, run: Run) -> None:
        ending = await run(call, execution)
        if execution.timer is not None:
            execution.timer.cancel()
        error = ending.error
        if execution.repeats and error is not None and error.outcome in ("not_started", "failed"):
            ending = Ending(error=error.with_outcome("unknown"))
        self._running.pop((execution.record.principal, execution.record.key), None)
        self._record(execution.record, ending)
        execution.ended.set()
        for caller in execution.callers:
            caller.end(ending)

    def _record(self, record: Record, ending: Ending) -> None:
        """KEY-004, KEY-009."""
        where = record.principal, record.key
        try:
            if _frees(ending):
                self.journal.free(record)
            else:
                self.journal.settle(record, ending)
            self._unrecorded.pop(where, None)
        except JournalRefused:
            self._unrecorded[where] = record, ending
            if self._recording is None:
                loop = asyncio.get_running_loop()
                self._recording = loop.call_later(_RECORD_AGAIN_SECONDS, self._record_again)

    def _record_again(self) -> None:
        self._recording = None
        for record, ending in list(self._unrecorded.values()):
            self._record(record, ending)

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _frees(ending: Ending) -> bool:
    return ending.error is not None and ending.error.outcome in ("not_started", "failed")


def _nobody_knows() -> CallError:
    return CallError("aborted", "unknown", "the process that ran this call ended; nobody knows how far it came")


def _another_call() -> CallError:
    return CallError("already_exists", "not_started", "the key belongs to a call of another tool, or with other arguments")
