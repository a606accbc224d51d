"""Which frame is written next: turns, credit, room for what is kept, and the peer's limits (sections 11 to 13)."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Callable

from .credit import Allowed
from .delivery import Delivery
from .frames import Frame, pack_header
from .layout import CONT, FINAL, MORE, Type
from .limits import COUNTED_OVERHEAD, KIB, Limits, Stated
from .streams import Body, Stream

_WEIGHTS = (16, 4, 1)
_CUT_LEAST = 256
"""RATE-004: no DATA with MORE has a shorter body."""


class _Turns:
    """The streams of one priority that have something to send, and how much they have had (FLOW-011)."""

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.had = 0.0
        self.streams: OrderedDict[int, Stream] = OrderedDict()


class Writer:
    """Everything of one session that is to be written on streams, and OFFER."""

    def __init__(
        self,
        peer: Stated,
        limits: Limits,
        delivery: Delivery | None,
        channel_allowed: Allowed | None,
        may_open: Callable[[], bool],
        opened: Callable[[Stream], None],
        written: Callable[[Stream, Body], None],
    ) -> None:
        self._peer = peer
        self._limits = limits
        self._delivery = delivery
        self._channel = channel_allowed
        self._may_open = may_open
        self._opened = opened
        self._written = written
        self._classes = [_Turns(weight) for weight in _WEIGHTS]
        self._offers: deque[Frame] = deque()
        self._resets: OrderedDict[int, Stream] = OrderedDict()
        self._assembling = 0
        """LIMIT-001: octets of bodies of several frames that were begun, as the peer assembles them."""
        self.unsent = 0
        """FLOW-010: octets of results, items and progress that wait to be written."""

    @property
    def body_limit(self) -> int:
        """The longest body that the peer takes."""
        return min(self._peer.message, self._peer.assembling)

    @property
    def frame_payload(self) -> int:
        """The longest payload that the peer takes."""
        return self._peer.frame_payload

    # What there is to write.

    def offer(self, frames: list[Frame]) -> None:
        """OFFER frames, in order."""
        self._offers.extend(frames)

    def wake(self, stream: Stream) -> None:
        """There is something to send on the stream, or what it waited for may be there."""
        if stream.reset is not None:
            self._resets[id(stream)] = stream
        if stream.sendable:
            turns = self._classes[min(stream.priority, 2)]
            if not turns.streams:
                turns.had = max(turns.had, max(other.had for other in self._classes if other.streams or other is turns))
            turns.streams[id(stream)] = stream

    def add(self, stream: Stream, body: Body) -> None:
        """A body to be written on the stream, behind what is there."""
        if not stream.mine:
            self.unsent += len(body.data)
        stream.bodies.append(body)
        self.wake(stream)

    def drop_items(self, stream: Stream) -> int:
        """CALL-005: drops items that wait. Gives how many."""
        gone = sum(len(body.data) for body in stream.bodies if body.is_item and not body.begun)
        self.unsent -= gone
        return stream.drop_waiting_items()

    def drop_progress(self, stream: Stream) -> None:
        """CALL-008: drops progress that was not begun; the latest counts."""
        kept = deque(b for b in stream.bodies if b.begun or b.type != Type.DATA or b.is_item)
        self.unsent -= sum(b.left for b in stream.bodies) - sum(b.left for b in kept)
        stream.bodies = kept

    def give_up(self, stream: Stream, header: list[int | str | None]) -> None:
        """RESET of a stream whose OPEN was begun. The octets of its body count until it is written (LIMIT-001)."""
        stream.reset = list(header)
        self.wake(stream)

    def forget(self, stream: Stream) -> None:
        """Nothing more is written on the stream."""
        self._release(stream)
        for body in stream.bodies:
            if not stream.mine:
                self.unsent -= body.left
        stream.bodies.clear()
        stream.accept = stream.reset = None
        self._resets.pop(id(stream), None)
        for turns in self._classes:
            turns.streams.pop(id(stream), None)

    # What is written next.

    def next(self, now: float) -> Frame | None:
        """The next counted frame, handed over with this."""
        frame = self._delivery.next_again() if self._delivery is not None else None
        if frame is not None:
            return frame
        frame = self._reset() or self._offer() or self._turn(now)
        if frame is not None and self._delivery is not None:
            self._delivery.hand_over(frame)
        return frame

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be written."""
        again = self._delivery is not None and self._delivery.again
        return not (again or self._offers or self._resets or any(turns.streams for turns in self._classes))

    @property
    def _room(self) -> bool:
        return self._delivery is None or self._delivery.room

    @property
    def _last_room(self) -> bool:
        return self._delivery is None or self._delivery.last_room

    def _reset(self) -> Frame | None:
        """CHAN-007: RESET waits for no bodies and no credit."""
        if not self._resets or not self._last_room:
            return None
        _, stream = self._resets.popitem(last=False)
        if stream.reset is None:
            return None
        header, stream.reset = stream.reset, None
        stream.reset_written = True
        self._release(stream)
        stream.bodies.clear()
        return Frame(Type.RESET, 0, stream.id, header)

    def _release(self, stream: Stream) -> None:
        for body in stream.bodies:
            if body.begun:
                self._assembling -= len(body.data)

    def _offer(self) -> Frame | None:
        return self._offers.popleft() if self._offers and self._room else None

    def _turn(self, now: float) -> Frame | None:
        for turns in sorted((turns for turns in self._classes if turns.streams), key=lambda turns: turns.had):
            for key in list(turns.streams):
                stream = turns.streams[key]
                frame = self._of(stream, now)
                if not stream.sendable:
                    turns.streams.pop(key, None)
                elif frame is not None:
                    turns.streams.move_to_end(key)
                if frame is not None:
                    turns.had += (len(frame.body) + COUNTED_OVERHEAD) / turns.weight
                    return frame
        return None

    def _of(self, stream: Stream, now: float) -> Frame | None:
        """What may be written on the stream now."""
        if stream.accept is not None:
            if self._room or (not stream.accept_written and self._last_room):
                header, stream.accept = stream.accept, None
                stream.accept_written = True
                return Frame(Type.ACCEPT, 0, stream.id, header)
        if not stream.bodies:
            return None
        body = stream.bodies[0]
        return self._go_on(stream, body) if body.begun else self._begin(stream, body, now)

    def _begin(self, stream: Stream, body: Body, now: float) -> Frame | None:
        is_end = body.type == Type.END
        if not (self._room or (is_end and self._last_room)):
            return None
        if body.type == Type.OPEN and not self._may_begin_call(stream, body, now):
            return None
        extra = COUNTED_OVERHEAD if body.is_item else 0
        needed = len(body.data) + extra
        room = self._peer.frame_payload - (2 if body.type == Type.DATA else len(pack_header(body.header)))
        if needed and stream.allowed is not None:
            if not stream.allowed.may_begin(needed):
                return None
            room = min(room, stream.allowed.at_hand - extra)
        if body.is_item and self._channel is not None:
            if not self._channel.may_begin(needed):
                return None
            room = min(room, self._channel.at_hand - extra)
        room = _between_characters(body, room)
        if room < 0 or (room < len(body.data) and not self._may_be_long(body, room)):
            return None
        if room < len(body.data):
            self._assembling += len(body.data)
            body.begun = True
        if body.is_item and self._channel is not None:
            self._channel.sent += needed
        if body.is_item and stream.allowed is not None:
            # FLOW-002: an item is counted whole when it begins, for its stream as well.
            stream.allowed.sent += needed
        if body.type == Type.OPEN:
            self._opened(stream)
        if is_end:
            stream.accept = None
        return self._cut(stream, body, room, body.header, 0)

    def _may_begin_call(self, stream: Stream, body: Body, now: float) -> bool:
        """CALL-007: no OPEN is written whose time is over."""
        if not self._may_open():
            return False
        if stream.deadline is not None:
            body.header[3] = int((stream.deadline - now) * 1000)
            return body.header[3] > 0
        return True

    def _may_be_long(self, body: Body, room: int) -> bool:
        """LIMIT-001, FLOW-009, RATE-004: whether a body of several frames may begin with so many octets."""
        if body.type == Type.DATA and room < _CUT_LEAST:
            return False
        if self._assembling + len(body.data) > self._peer.assembling:
            return False
        return self._delivery is None or self._delivery.bulk_octets < self._limits.bulk_in_flight

    def _go_on(self, stream: Stream, body: Body) -> Frame | None:
        if stream.reset is not None or not self._room:
            return None
        if self._delivery is not None and self._delivery.bulk_octets >= self._limits.bulk_in_flight:
            return None
        room = self._peer.frame_payload
        if stream.allowed is not None and not body.is_item:
            room = min(room, stream.allowed.at_hand)
            least = max(_CUT_LEAST, min(KIB, stream.allowed.window // 2 - COUNTED_OVERHEAD))
            if room < body.left and room < least:
                return None
        room = _between_characters(body, room)
        return self._cut(stream, body, room, None, CONT)

    def _cut(self, stream: Stream, body: Body, room: int, header: list[object] | None, flags: int) -> Frame:
        chunk = body.data[body.offset : body.offset + room]
        body.offset += len(chunk)
        if not stream.mine:
            self.unsent -= len(chunk)
        if stream.allowed is not None and not body.is_item:
            stream.allowed.sent += len(chunk)
        if body.left:
            flags |= MORE
        else:
            flags |= FINAL if body.final else 0
            stream.bodies.popleft()
            if body.begun:
                self._assembling -= len(body.data)
            stream.end_written = stream.end_written or body.type == Type.END
            self._written(stream, body)
        kind = Type.DATA if header is None else body.type
        return Frame(kind, flags, stream.id, None if header is None else list(header), chunk)


def _between_characters(body: Body, room: int) -> int:
    """CONT-006: text is cut between characters, where that leaves enough."""
    content = body.header[5 if body.type == Type.OPEN else 1]
    if room >= body.left or content not in (1, 3):
        return room
    for back in range(4):
        at = room - back
        if at >= _CUT_LEAST and body.data[body.offset + at] & 0xC0 != 0x80:
            return at
    return room
