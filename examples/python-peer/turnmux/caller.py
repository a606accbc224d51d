"""The side that calls (section 6), over all the sessions that follow one another (RESUME-008, KEY-010)."""

from __future__ import annotations

import secrets
import time
from typing import Any, Callable

from . import content
from .content import ABSENT, fingerprint
from .errors import CallError, ValueRefused
from .events import Accepted, Ending
from .frames import pack_header
from .limits import Limits
from .outgoing import PRIORITIES, CallListener, OutgoingCall, Request
from .overdue import Timer, timer_in
from .session import Session
from .streams import Stream

_REPORTS = 1000


class Caller:
    """Makes calls on the session at hand; without one they wait."""

    def __init__(self, limits: Limits, offered: Callable[[], None] | None = None) -> None:
        self._limits = limits
        self._offered = offered
        self.session: Session | None = None
        self.calls: list[OutgoingCall] = []
        """Those that are not over."""
        self._prefix = secrets.token_urlsafe(18)
        self._count = 0
        self._reports: list[tuple[str, str, str]] = []
        """KEY-010: turn, fingerprint and key of calls that were reported as unknown."""

    # What the application does.

    def call(self, request: Request, listener: CallListener) -> OutgoingCall:
        """Makes a call."""
        self._count += 1
        # CALL-018: at least 120 random bits, and a counter behind.
        call = OutgoingCall(request, f"{self._prefix}.{self._count}", listener, self._taken, key=request.key)
        call.wanted = request.wanted_items
        if request.timeout_ms is not None:
            call.deadline = time.monotonic() + request.timeout_ms / 1000
            call.timers.append(Timer(call.deadline, self._time_is_over, call))
        if request.accept_timeout_ms is not None:
            self._limit_acceptance(call, request.accept_timeout_ms / 1000)
        waiting = sum(not other.in_flight for other in self.calls)
        self.calls.append(call)
        if waiting >= self._limits.queued_calls:
            self._fail(call, CallError("resource_exhausted", "not_started", "too many calls wait"))
        elif self.session is not None:
            self._open(call)
        return call

    def cancel(self, call: OutgoingCall, code: str = "cancelled") -> None:
        """Gives a call up: RESET, and a while for the END that tells the truth (CALL-005, CALL-007)."""
        if call.over or call.given_up is not None:
            return
        call.given_up = code
        call.drop_items()
        if not call.in_flight:
            if call.stream is not None and self.session is not None:
                self.session.give_up(call.stream, code)
            self._fail(call, CallError(code, self._unwritten(call), "the call was given up before it was sent"))
            return
        assert call.stream is not None and self.session is not None
        self.session.give_up(call.stream, code)
        late = code == "deadline_exceeded"
        verdict_ms = self._limits.deadline_verdict_ms if late else self._limits.cancel_verdict_ms
        call.timers.append(timer_in(verdict_ms / 1000, self._no_verdict, call, code))

    def leave(self, call: OutgoingCall) -> None:
        """The reader of the items has left the loop."""
        call.left = True
        call.drop_items()
        if call.stream is not None and self.session is not None:
            self.session.leave_items(call.stream)
        self.cancel(call)

    def _unwritten(self, call: OutgoingCall) -> str:
        # RESUME-008, KEY-010: what was written once, or repeats what was, may have run.
        return "unknown" if call.written_once or call.repeats_unknown else "not_started"

    def _time_is_over(self, call: OutgoingCall) -> None:
        self.cancel(call, "deadline_exceeded")

    def _limit_acceptance(self, call: OutgoingCall, seconds: float) -> None:
        call.timers.append(timer_in(seconds / 2, self._ask, call, seconds))

    def _ask(self, call: OutgoingCall, seconds: float) -> None:
        """CALL-019: half of the wait for ACCEPT is over."""
        if call.accepted or call.given_up is not None:
            return
        now = time.monotonic()
        if self.session is not None:
            self.session.ask(now)
        call.timers.append(timer_in(seconds / 2, self._not_accepted, call, seconds, now))

    def _not_accepted(self, call: OutgoingCall, seconds: float, asked_at: float) -> None:
        if call.accepted or call.given_up is not None:
            return
        if self.session is not None and self.session.is_busy_since(asked_at):
            self._limit_acceptance(call, seconds)
        else:
            self.cancel(call, "deadline_exceeded")

    def _no_verdict(self, call: OutgoingCall, code: str) -> None:
        self._fail(call, CallError(code, "unknown", "the call was given up, and nobody said what became of it"))

    # Sessions come and go.

    def begin(self, session: Session) -> None:
        """A session stands: what waits is opened, and what was under way in the one before it again (RESUME-008)."""
        self.session = session
        for call in list(self.calls):
            call.stream = None
            if call.written_once:
                call.reopened = True
                call.accepted = False
            self._open(call)

    def end(self, error: CallError, *, goes_on: bool, last_stream: int | None = None) -> None:
        """CALL-014: the session is over. `goes_on`: another one will take its place."""
        self.session = None
        for call in list(self.calls):
            stream = call.stream
            beyond = stream is not None and stream.opened and last_stream is not None and stream.id > last_stream
            if beyond and not call.reopened:
                call.written_once = False
            elif stream is not None and stream.opened:
                call.written_once = True
            call.stream = None
            again = goes_on and call.given_up is None and not call.items_given
            if again or (goes_on and not call.written_once):
                continue
            self._fail(call, error.with_outcome(self._unwritten(call)))

    def _open(self, call: OutgoingCall) -> None:
        session, request = self.session, call.request
        assert session is not None
        try:
            kind, data = content.encode(request.value, session.peer_contents)
        except ValueRefused as error:
            self._fail(call, CallError("invalid_argument", "not_started", str(error)))
            return
        offered = session.offers.tools.get(request.tool)
        # KEY-012: also where the effect is not known.
        once = offered.effect == "once" if offered is not None else not request.tool.startswith("turnmux.")
        if once and request.turn is not None:
            self._take_up_report(call, request.turn)
        if once and call.key is None:
            call.key = secrets.token_urlsafe(18)
        priority = PRIORITIES[request.priority]
        deadline = 0 if call.deadline is not None else None
        header = [
            request.tool, call.call_id, call.key, deadline, None if priority == 1 else priority, kind,
            request.turn, None, None, None,
        ]  # fmt: skip
        if len(data) > session.writer.body_limit:
            self._fail(call, CallError("resource_exhausted", "not_started", "the arguments are longer than the peer takes"))
            return
        if len(pack_header(header)) + 8 > session.writer.frame_payload or _too_long(request, call):
            self._fail(call, CallError("invalid_argument", "not_started", "a name or key is longer than it may be"))
            return
        stream = session.new_stream(priority)
        stream.owner, stream.deadline = call, call.deadline
        call.stream = stream
        session.open(stream, header, data)

    def _take_up_report(self, call: OutgoingCall, turn: str) -> None:
        """KEY-010: a call that repeats one whose outcome nobody knows takes its key."""
        if call.fingerprint is None:
            call.fingerprint = fingerprint(call.request.tool, call.request.value)
            for report in self._reports:
                if report[:2] == (turn, call.fingerprint):
                    self._reports.remove(report)
                    call.key, call.repeats_unknown = report[2], True
                    break

    def _taken(self, call: OutgoingCall, octets: int) -> None:
        if self.session is not None and call.stream is not None:
            self.session.item_taken(call.stream, octets)

    # Ends.

    def _settle(self, call: OutgoingCall, ending: Ending) -> None:
        if call.over:
            return
        call.over = True
        call.stop_timers()
        self.calls.remove(call)
        error = ending.error
        turn = call.request.turn
        if error is not None and error.outcome == "unknown" and turn is not None and call.fingerprint is not None:
            self._reports = [*self._reports[1 - _REPORTS :], (turn, call.fingerprint, call.key or "")]
        call.listener.ended(ending)

    def _fail(self, call: OutgoingCall, error: CallError) -> None:
        self._settle(call, Ending(error=error))

    # Events of the session.

    def accepted(self, stream: Stream, accepted: Accepted) -> None:
        """ACCEPT came."""
        call: OutgoingCall = stream.owner
        if not call.over:
            call.accepted = True
            call.listener.accepted(accepted)

    def progress(self, stream: Stream, value: Any) -> None:
        """A progress report came."""
        call: OutgoingCall = stream.owner
        if not call.over:
            call.listener.progress(value)

    def item(self, stream: Stream, value: Any, octets: int) -> None:
        """An item came. Nobody reads those of a tool that does not say in its offer that it sends any."""
        call: OutgoingCall = stream.owner
        offered = None if self.session is None else self.session.offers.tools.get(call.request.tool)
        if offered is None or not offered.streams:
            self._taken(call, octets)
        else:
            call.give_item(value, octets)

    def ended(self, stream: Stream, ending: Ending) -> None:
        """END came: it tells the truth, except of what became of a call before it was opened again."""
        call: OutgoingCall = stream.owner
        error = ending.error
        if error is not None and error.outcome == "not_started" and (call.reopened or call.repeats_unknown):
            ending = Ending(error=error.with_outcome("unknown"))
        self._settle(call, ending)

    def offered(self) -> None:
        """The peer's offer changed."""
        if self._offered is not None:
            self._offered()

    def peer_drains(self, last_stream: int) -> None:
        """CHAN-003: what is beyond its last stream has not started; what was not written waits for another session."""
        session = self.session
        assert session is not None
        for call in list(self.calls):
            stream = call.stream
            if stream is not None and stream.opened and stream.id > last_stream:
                session.mine.pop(stream.id, None)
                session.writer.forget(stream)
                outcome = "unknown" if call.reopened or call.repeats_unknown else "not_started"
                self._fail(call, CallError("unavailable", outcome, "the peer takes no further calls"))


def _too_long(request: Request, call: OutgoingCall) -> bool:
    return (
        len(request.tool.encode()) > 64
        or len((call.key or "").encode()) > 256
        or len((request.turn or "").encode()) > 256
    )


def absent_or(value: dict[str, Any], name: str) -> Any:
    """A member of an object as a value, ABSENT where it is not there."""
    return value[name] if name in value else ABSENT
