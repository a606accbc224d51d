"""What comes in on the streams of a session: states, bodies, credit and limits (sections 5, 12 and 13)."""

from __future__ import annotations

from typing import Any

from . import content
from .credit import granted_stream, item_octets, allowed_stream
from .errors import CallError, ProtocolError
from .events import ACCEPT_STATES, Accepted, Ending, Opening
from .frames import Frame
from .layout import CONT, FINAL, MORE, Type
from .limits import COUNTED_OVERHEAD, KIB, STREAMS_SLACK
from .rates import Rates
from .session import Session
from .streams import ITEM, PROGRESS, Assembly, Stream

RETRY_AFTER_MS = 100
_SHORT = 256


class Intake:
    """Takes the frames of one session that are on streams, and OFFER, ACK and CREDIT."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rates: Rates
        self._now = 0.0

    def take(self, frame: Frame, rates: Rates, now: float) -> None:
        """One frame of the channel at hand."""
        self._rates, self._now = rates, now
        session = self._session
        if frame.type in (Type.CREDIT, Type.ACK):
            self._control(frame)
            return
        if session.delivery is not None:
            session.delivery.arrive(frame, now)
        if frame.type == Type.OFFER:
            self._offer(_header(frame))
            return
        if frame.type == Type.OPEN:
            self._open(frame)
            return
        if frame.type == Type.DATA:
            self._check_data(frame)
        # STREAM-001: who opened a stream its identifier says.
        is_mine = (frame.stream % 2 == 1) == (session.role == "client")
        stream = (session.mine if is_mine else session.theirs).get(frame.stream)
        if stream is None:
            self._not_there(frame, is_mine)
        elif is_mine:
            self._of_receiver(stream, frame)
        else:
            self._of_opener(stream, frame)

    # Frames of the channel.

    def _control(self, frame: Frame) -> None:
        session = self._session
        value = _header(frame)[0]
        if frame.type == Type.ACK:
            if session.delivery is None:
                raise ProtocolError("FRAME-011", "ACK without the feature delivery")
            if not session.delivery.acknowledge(value):
                self._rates.idle.take(self._now)
            return
        if not session.with_credit:
            raise ProtocolError("FRAME-011", "CREDIT without the feature credit")
        if frame.stream == 0:
            allowed = session.channel_allowed
        else:
            stream = session.mine.get(frame.stream) or session.theirs.get(frame.stream)
            if stream is None:
                if not self._was_opened(frame.stream):
                    raise ProtocolError("FLOW-004", "a CREDIT for a stream that was never opened")
                self._rates.resets.take(self._now)
                return
            allowed = stream.allowed
        assert allowed is not None
        more = allowed.raise_to(value)
        if more < KIB and more < allowed.window / 4:
            self._rates.idle.take(self._now)

    def _was_opened(self, stream_id: int) -> bool:
        session = self._session
        if (stream_id % 2 == 1) == (session.role == "client"):
            return stream_id <= session.greatest_mine
        return stream_id <= session.greatest_theirs

    def _offer(self, header: list[Any]) -> None:
        if header[0] > 2:
            raise ProtocolError("FRAME-007", "there is no such mode of OFFER")
        if self._session.offers.take(header):
            self._session.caller.offered()
        else:
            self._rates.idle.take(self._now)

    def _not_there(self, frame: Frame, is_mine: bool) -> None:
        """STREAM-003: a stream that is over, or never was."""
        if not self._was_opened(frame.stream):
            raise ProtocolError("STREAM-003", f"{Type(frame.type).name} on a stream that was never opened")
        if is_mine or frame.type not in (Type.DATA, Type.RESET):
            raise ProtocolError("STREAM-003", f"{Type(frame.type).name} on a stream that is over")
        if frame.type == Type.RESET or len(frame.body) < _SHORT:
            self._rates.resets.take(self._now)

    def _check_data(self, frame: Frame) -> None:
        if frame.has(MORE) and len(frame.body) < _SHORT:
            self._rates.short.take(self._now)

    # Streams of the peer.

    def _open(self, frame: Frame) -> None:
        session = self._session
        header = _header(frame)
        if (frame.stream % 2 == 1) == (session.role == "client"):
            raise ProtocolError("STREAM-001", "an OPEN with an identifier of the other side")
        if frame.stream <= session.greatest_theirs:
            raise ProtocolError("STREAM-002", "an OPEN whose identifier is not greater than the greatest so far")
        _check_final(frame)
        opening = self._opening(header)
        session.greatest_theirs = frame.stream
        if session.last_taken is not None and frame.stream > session.last_taken:
            # CHAN-003: it crossed with this side's GOAWAY. The peer settles it as not started.
            return
        stream = Stream(mine=False, priority=opening.priority, id=frame.stream)
        if session.with_credit:
            stream.granted = granted_stream(session.own.stream_credit)
            stream.allowed = allowed_stream(session.peer.stream_credit)
        session.theirs[frame.stream] = stream
        if len(session.theirs) > session.own.streams + STREAMS_SLACK:
            raise ProtocolError("STREAM-010", "more streams are open than the limit, and 64")
        stream.assembly = Assembly(Type.OPEN, header)
        if len(session.theirs) > session.own.streams:
            self._refuse(stream, "too many streams are open", known=False)
        else:
            session.receiver.opening(stream, opening)
        self._body(stream, frame)

    def _opening(self, header: list[Any]) -> Opening:
        # CALL-016: every OPEN counts for the table, the tool ahead of the turn.
        tool = self._session.names.resolve(header[0], 64)
        turn = self._session.names.resolve(header[6], 256)
        assert tool is not None
        priority = header[4] if header[4] in (0, 2) else 1
        meta = header[9] or {}
        if len(meta) > self._session.limits.meta_entries:
            raise ProtocolError("LIMIT-003", "more entries of meta than the limit metaEntries")
        return Opening(tool, header[1], header[2], header[3], priority, header[5], turn, header[7], header[8], meta)

    def _refuse(self, stream: Stream, why: str, *, known: bool) -> None:
        """STREAM-007, STREAM-008: ends a call whose arguments are not taken."""
        session = self._session
        session.drop_assembly(stream)
        if known:
            session.receiver.refused(stream)
        error = CallError("resource_exhausted", "not_started", why, retry_after_ms=RETRY_AFTER_MS)
        session.send_error(stream, error)

    def _of_opener(self, stream: Stream, frame: Frame) -> None:
        """Frames of the opener, on a stream that is open."""
        if frame.type == Type.RESET:
            if stream.reset_came:
                raise ProtocolError("STREAM-004", "a second RESET")
            self._rates.resets.take(self._now)
            stream.reset_came = True
            self._session.drop_assembly(stream)
            self._session.receiver.reset(stream, "deadline_exceeded" if _header(frame)[0] == 4 else "cancelled")
            return
        if frame.type != Type.DATA or not frame.has(CONT) or stream.reset_came or stream.last_body_over:
            raise ProtocolError("STREAM-004", f"the opener may not send {Type(frame.type).name} now")
        _check_final(frame, of_last_body=True)
        self._body(stream, frame)

    # Streams of this side.

    def _of_receiver(self, stream: Stream, frame: Frame) -> None:
        """Frames of the receiver, on a stream that this side opened."""
        header = frame.header
        if frame.type == Type.ACCEPT:
            if stream.end_began:
                raise ProtocolError("STREAM-004", "ACCEPT behind END")
            self._accept(stream, _header(frame))
            return
        if frame.type == Type.END:
            if stream.assembly is not None or stream.end_began:
                raise ProtocolError("STREAM-004", "END amid a body")
            _check_end(_header(frame))
            _check_final(frame)
            stream.end_began = True
            stream.assembly = Assembly(Type.END, _header(frame))
        elif frame.type == Type.DATA and header is not None:
            if stream.assembly is not None or stream.end_began or not stream.accept_came:
                raise ProtocolError("STREAM-004", "DATA begins a body where none may begin")
            if frame.has(FINAL):
                raise ProtocolError("STREAM-006", "FINAL on a body that is not the last")
            if header[0] not in (PROGRESS, ITEM):
                raise ProtocolError("FRAME-007", "there is no such kind of DATA")
            stream.assembly = Assembly(Type.DATA, header)
        elif frame.type == Type.DATA and stream.assembly is not None:
            _check_final(frame, of_last_body=stream.end_began)
        else:
            raise ProtocolError("STREAM-004", f"the receiver may not send {Type(frame.type).name} now")
        self._body(stream, frame)

    def _accept(self, stream: Stream, header: list[Any]) -> None:
        state, reason, place, lag_ms, deadline_ms = header
        if lag_ms is not None:
            self._session.peer_is_late(lag_ms, self._now)
        if state >= len(ACCEPT_STATES):
            raise ProtocolError("FRAME-007", "there is no such state of ACCEPT")
        said = [state, reason, place, deadline_ms]
        if said == stream.last_accept:
            self._rates.idle.take(self._now)
        stream.accept_came, stream.last_accept = True, said
        self._session.caller.accepted(stream, Accepted(ACCEPT_STATES[state], reason, place, deadline_ms))

    # Bodies.

    def _body(self, stream: Stream, frame: Frame) -> None:
        """A frame that begins a body or goes on with it."""
        session, assembly = self._session, stream.assembly
        assert assembly is not None
        begins = frame.header is not None
        self._credit(stream, assembly, frame, begins)
        assembly.length += len(frame.body)
        if not assembly.dropped:
            self._assemble(stream, assembly, frame, begins)
        if frame.has(MORE):
            return
        stream.assembly = None
        session.assembling -= assembly.counted
        if assembly.type != Type.DATA:
            stream.last_body_over = True
            session.credits.pop(stream.id, None)
        self._complete(stream, assembly)

    def _credit(self, stream: Stream, assembly: Assembly, frame: Frame, begins: bool) -> None:
        """FLOW-001 to FLOW-003, and what is given back at once (FLOW-005)."""
        session = self._session
        octets = len(frame.body) + (COUNTED_OVERHEAD if begins and assembly.is_item else 0)
        if stream.granted is None or octets == 0:
            if assembly.is_item:
                stream.untaken += octets
            return
        # FLOW-002: an item that has begun goes on without credit.
        if (begins or not assembly.is_item) and not stream.granted.covers(octets):
            raise ProtocolError("FLOW-003", "a frame beyond the credit of its stream")
        stream.granted.arrive(octets)
        if not assembly.is_item:
            session.give_back(stream, octets)
            return
        channel = session.channel_granted
        assert channel is not None
        if not channel.covers(octets - (0 if begins else session.own.message)):
            raise ProtocolError("FLOW-003", "items beyond the credit of the channel")
        channel.arrive(octets)
        stream.untaken += octets
        if stream.items_unwanted:
            session.item_taken(stream, octets)

    def _assemble(self, stream: Stream, assembly: Assembly, frame: Frame, begins: bool) -> None:
        session = self._session
        if frame.has(MORE) or not begins:
            more = assembly.length - assembly.counted
            assembly.counted += more
            session.assembling += more
        too_long = assembly.length > session.own.message
        if not too_long and (assembly.counted == 0 or session.assembling <= session.own.assembling):
            assembly.parts.append(frame.body)
            return
        why = "a body is longer than the limit message" if too_long else "the bodies are longer than assembling"
        if assembly.type == Type.DATA:
            raise ProtocolError("LIMIT-001", why)
        if assembly.type == Type.OPEN:
            self._refuse(stream, why, known=True)
            return
        session.drop_assembly(stream)
        if assembly.header[0] == 0:
            session.caller.ended(stream, Ending(error=CallError("resource_exhausted", "completed", why)))
        else:
            session.caller.ended(stream, Ending.of_end(assembly.header, content.ABSENT))

    def _complete(self, stream: Stream, assembly: Assembly) -> None:
        session = self._session
        octets = assembly.length
        if assembly.type == Type.END:
            session.mine.pop(stream.id, None)
            session.writer.forget(stream)
            session.leave_items(stream)
        if assembly.dropped:
            return
        place = 5 if assembly.type == Type.OPEN else 1
        # CONT-003 to CONT-005: broken content ends the session, whoever is to have it.
        try:
            value = content.decode(assembly.header[place], b"".join(assembly.parts))
        except ProtocolError as error:
            if assembly.type == Type.END:
                session.caller.ended(stream, Ending(error=CallError("internal", "unknown", error.message)))
            raise
        if assembly.type == Type.OPEN:
            session.receiver.arguments(stream, value, octets)
        elif assembly.type == Type.END:
            session.caller.ended(stream, Ending.of_end(assembly.header, value))
        elif assembly.is_item:
            session.caller.item(stream, value, item_octets(octets))
        else:
            session.caller.progress(stream, value)


def _header(frame: Frame) -> list[Any]:
    assert frame.header is not None
    return frame.header


def _check_final(frame: Frame, *, of_last_body: bool = True) -> None:
    """STREAM-006: FINAL is on the last frame of a side's last body, and nowhere else."""
    if frame.has(FINAL) != (of_last_body and not frame.has(MORE)):
        raise ProtocolError("STREAM-006", "FINAL is missing, or where it may not be")


def _check_end(header: list[Any]) -> None:
    """ERR-001: an outcome is there exactly when the call failed."""
    code, outcome = header[0], header[3]
    if code != 0 and (outcome is None or outcome > 3):
        raise ProtocolError("ERR-001", "END of a call that failed, without an outcome of the table")
