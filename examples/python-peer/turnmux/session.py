"""A session, sans IO: its streams, what is counted and kept, and what either side may send (sections 5, 11 and 12).

It outlives its channels. What comes in is in `intake`; what is written next is in `writer`.
"""

from __future__ import annotations

from typing import Any, Callable

from .credit import Allowed, Granted, allowed_stream, channel_enough, channel_step, granted_stream
from .delivery import Delivery
from .errors import CODES, OUTCOMES, CallError
from .events import CallerEvents, ReceiverEvents
from .frames import Frame
from .layout import Type
from .limits import ASK_AGAIN_SECONDS, BUSY_MS, GREATEST_STREAM, Limits, Stated
from .offers import Names, Offered, PeerOffers, offer_frames
from .streams import ITEM, PROGRESS, Body, Stream
from .writer import Writer


class Session:
    """One session from one side. `role` is "client" or "gateway"."""

    def __init__(
        self,
        role: str,
        limits: Limits,
        peer: Stated,
        features: list[str],
        peer_contents: list[int],
        wake: Callable[[], None],
    ) -> None:
        self.role = role
        self.limits = limits
        self.own = Stated.of(limits)
        self.peer = peer
        self.features = features
        # CONT-002: json, text and bytes every peer takes.
        self.peer_contents = sorted({1, 3, 4, *peer_contents})
        self.wake = wake
        """Called whenever there may be something to write."""
        self.caller: CallerEvents
        self.receiver: ReceiverEvents
        with_credit = "credit" in features
        self.delivery = (
            Delivery(self.own.replay, peer.replay, limits.ack_delay_ms) if "delivery" in features else None
        )
        self.with_credit = with_credit
        self.channel_granted = (
            Granted(self.own.channel_credit, channel_step(self.own.channel_credit)) if with_credit else None
        )
        self.channel_allowed = (
            Allowed(peer.channel_credit, channel_enough(peer.channel_credit)) if with_credit else None
        )
        self.writer = Writer(
            peer, limits, self.delivery, self.channel_allowed, self._may_open, self._opened, self._written
        )
        self.mine: dict[int, Stream] = {}
        self.theirs: dict[int, Stream] = {}
        self._next_id = 1 if role == "client" else 2
        self.greatest_mine = 0
        self.greatest_theirs = 0
        self.names = Names()
        self.offers = PeerOffers(limits.offered_tools)
        self.assembling = 0
        self.credits: dict[int, Granted] = {}
        """CREDIT that is to be said, by stream."""
        self.peer_drains = False
        self.draining = False
        self.last_taken: int | None = None
        """What this side's GOAWAY with code 0 said: streams beyond it are not taken."""
        self.over = False
        self.ask: Callable[[float], None] = lambda _now: None
        """CALL-019: asks the peer for a word; the channel at hand does it."""
        self.busy_since: float | None = None
        """When the peer said that it is busy, if that is what it said last."""

    def peer_is_late(self, lag_ms: int | None, now: float) -> None:
        """The peer has said how late its event loop is, or that it does not know."""
        self.busy_since = now if (lag_ms or 0) >= BUSY_MS else None

    def is_busy_since(self, asked_at: float) -> bool:
        """CALL-019: whether the peer has answered a question, and said that it is busy."""
        return self.busy_since is not None and self.busy_since >= asked_at - ASK_AGAIN_SECONDS

    # Streams that this side opens.

    def open(self, stream: Stream, header: list[Any], data: bytes) -> None:
        """A call to be written when its turn has come; the identifier is given then (STREAM-001)."""
        self.writer.add(stream, Body(Type.OPEN, header, data, final=True))
        self.wake()

    def give_up(self, stream: Stream, code: str, message: str | None = None) -> None:
        """RESET, where OPEN was written and no END came; otherwise the call is taken back (DELIV-002)."""
        if not stream.opened:
            self.writer.forget(stream)
        elif stream.id in self.mine and not stream.reset_written and stream.reset is None and not stream.last_body_over:
            self.writer.give_up(stream, [CODES[code], message])
        self.leave_items(stream)
        self.wake()

    def leave_items(self, stream: Stream) -> None:
        """FLOW-005: nobody will take the items of this stream; they count as taken."""
        stream.items_unwanted = True
        if stream.untaken:
            self.item_taken(stream, stream.untaken)

    def item_taken(self, stream: Stream, octets: int) -> None:
        """The application has taken an item that makes up so many octets (FLOW-006)."""
        octets = min(octets, stream.untaken)
        stream.untaken -= octets
        self.give_back(stream, octets)
        if self.channel_granted is not None:
            self.channel_granted.give_back(octets)
            self._note_credit(0, self.channel_granted)
        self.wake()

    def give_back(self, stream: Stream, octets: int) -> None:
        """Octets of a stream that make room again."""
        if stream.granted is None or octets == 0:
            return
        stream.granted.give_back(octets)
        # FLOW-006: not for a stream whose last body has ended.
        if not stream.last_body_over:
            self._note_credit(stream.id, stream.granted)

    def _note_credit(self, stream_id: int, granted: Granted) -> None:
        if granted.due():
            self.credits[stream_id] = granted

    def _may_open(self) -> bool:
        if self.peer_drains or self.over:
            return False
        return len(self.mine) < self.peer.streams and self._next_id <= GREATEST_STREAM

    @property
    def used_up(self) -> bool:
        """STREAM-009: whether there is no identifier left."""
        return self._next_id > GREATEST_STREAM

    def _opened(self, stream: Stream) -> None:
        stream.id = self.greatest_mine = self._next_id
        self._next_id += 2
        self.mine[stream.id] = stream
        if self.with_credit:
            stream.granted = granted_stream(self.own.stream_credit)

    def new_stream(self, priority: int) -> Stream:
        """A stream that this side will open."""
        stream = Stream(mine=True, priority=priority)
        if self.with_credit:
            stream.allowed = allowed_stream(self.peer.stream_credit)
        return stream

    # Streams that the peer opened.

    def accept(
        self,
        stream: Stream,
        state: int,
        reason: str | None = None,
        deadline_ms: int | None = None,
        place: int | None = None,
    ) -> None:
        """ACCEPT (CALL-001), unless END is under way already."""
        if stream.id in self.theirs and not any(body.type == Type.END for body in stream.bodies):
            stream.accept = [state, reason, place, None, deadline_ms]
            self.writer.wake(stream)
            self.wake()

    def send_progress(self, stream: Stream, content: int, data: bytes) -> None:
        """A progress report; what was not written of earlier ones is dropped (CALL-008)."""
        self.writer.drop_progress(stream)
        if self.writer.unsent < self.limits.unsent:
            self.writer.add(stream, Body(Type.DATA, [PROGRESS, content], data))
        self.wake()

    def send_item(self, stream: Stream, content: int, data: bytes) -> None:
        """An item, behind those that wait."""
        self.writer.add(stream, Body(Type.DATA, [ITEM, content], data))
        self.wake()

    def send_result(self, stream: Stream, content: int, data: bytes) -> None:
        """END with a result (CALL-004)."""
        self.writer.drop_progress(stream)
        self.writer.add(stream, Body(Type.END, [0, content, None, None, None, None], data, final=True))
        self.wake()

    def send_error(self, stream: Stream, error: CallError, content: int = 0, data: bytes = b"") -> None:
        """END with an error. What waits of the call is left out: END says what happened."""
        self.writer.drop_progress(stream)
        self.writer.drop_items(stream)
        self.writer.add(stream, Body(Type.END, _error_header(error, content), data, final=True))
        self.wake()

    def replace_result(self, stream: Stream, error: CallError) -> None:
        """CALL-005: a result that waits, and was not begun, gives way to an error."""
        for body in stream.bodies:
            if body.type == Type.END and not body.begun and body.header[0] == 0:
                self.writer.unsent -= len(body.data)
                body.header, body.data = _error_header(error, 0), b""
        self.wake()

    def _written(self, stream: Stream, body: Body) -> None:
        if stream.mine:
            return
        if body.type == Type.END:
            self.theirs.pop(stream.id, None)
            self.credits.pop(stream.id, None)
            self.drop_assembly(stream)
            self.writer.forget(stream)
        self.receiver.written(stream, body)

    def drop_assembly(self, stream: Stream) -> None:
        """What was assembled of the stream is not wanted, nor what still comes of it."""
        assembly = stream.assembly
        if assembly is not None:
            assembly.dropped = True
            self.assembling -= assembly.counted
            assembly.counted = 0
            assembly.parts.clear()

    # Both.

    def offer(self, tools: list[Offered]) -> None:
        """HAND-011, TOOL-002: states what this side offers."""
        self.writer.offer(offer_frames(tools, self.peer.frame_payload))
        self.wake()

    def resume_from(self, received: int) -> None:
        """Another channel stands: FLOW-007, DELIV-006."""
        if self.delivery is not None:
            self.delivery.resume_from(received)
        self.credits.clear()
        granted = self.channel_granted
        if granted is not None and granted.granted > granted.window:
            self.credits[0] = granted
        for stream in [*self.mine.values(), *self.theirs.values()]:
            credit = stream.granted
            if credit is not None and credit.granted > credit.window and not stream.last_body_over:
                self.credits[stream.id] = credit
        self.wake()

    def next_counted(self, now: float) -> Frame | None:
        """The next counted frame to write. DELIV-007: an OPEN that is sent again has what is left of its deadline."""
        again = self.delivery is not None and self.delivery.again
        frame = self.writer.next(now)
        if frame is None or not again or frame.type != Type.OPEN or frame.header is None:
            return frame
        stream = self.mine.get(frame.stream)
        header = list(frame.header)
        if header[3] is not None:
            left = 0 if stream is None or stream.deadline is None else int((stream.deadline - now) * 1000)
            header[3] = max(0, left)
        return Frame(frame.type, frame.flags, frame.stream, header, frame.body)

    @property
    def calls_left(self) -> bool:
        """CHAN-003: whether any call is not over."""
        return bool(self.mine or self.theirs)

    @property
    def all_acknowledged(self) -> bool:
        """CHAN-003: whether nothing that was counted waits for an ACK, and nothing to be written."""
        return not self.anything_waiting and (self.delivery is None or not self.delivery.kept)

    @property
    def anything_waiting(self) -> bool:
        """Whether anything waits to be written at all."""
        return not self.writer.idle


def _error_header(error: CallError, content: int) -> list[Any]:
    return [
        CODES[error.code],
        content,
        _at_most(error.message, 4096) or None,
        OUTCOMES[error.outcome],
        error.retryable,
        error.retry_after_ms,
    ]


def _at_most(text: str, octets: int) -> str:
    return text.encode("utf-8", "replace")[:octets].decode("utf-8", "ignore")
