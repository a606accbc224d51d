"""Counting, acknowledging and keeping of frames (section 11, DELIV)."""

from __future__ import annotations

from collections import deque

from .errors import ProtocolError
from .frames import Frame
from .layout import COUNTED, MORE, CONT
from .limits import COUNTED_OVERHEAD, KIB

_AT_ONCE = 128 * KIB
_SOON = 4 * KIB


def weight(frame: Frame) -> int:
    """DELIV-003: what a counted frame makes up."""
    return len(frame.body) + COUNTED_OVERHEAD


class Delivery:
    """Both counts of a session, over all its channels."""

    def __init__(self, own_replay: int, peer_replay: int, ack_delay_ms: int) -> None:
        self.own_replay = own_replay
        self._at_once = min(peer_replay // 4, _AT_ONCE)
        self._delay = ack_delay_ms / 1000
        self.sent = 0
        self.acknowledged = 0
        self.kept: deque[Frame] = deque()
        self.kept_octets = 0
        self.bulk_octets = 0
        self._again = 0
        """How many of `kept`, at its end, are to be sent again on the channel at hand."""
        self.received = 0
        self._said = 0
        self._waiting_octets = 0
        self._waiting_since: float | None = None
        self._large = False
        self.ack_now = False

    # As the sender.

    def hand_over(self, frame: Frame) -> None:
        """DELIV-001, DELIV-002: the frame goes to the carrier for the first time."""
        self.sent += 1
        self.kept.append(frame)
        self.kept_octets += weight(frame)
        if frame.has(MORE) or frame.has(CONT):
            self.bulk_octets += len(frame.body)

    @property
    def room(self) -> bool:
        """DELIV-004: whether any counted frame may be written."""
        return self.kept_octets <= self.own_replay

    @property
    def last_room(self) -> bool:
        """DELIV-004: whether a first ACCEPT, a RESET or the first frame of END may be written."""
        return self.kept_octets < 2 * self.own_replay

    def acknowledge(self, received: int) -> bool:
        """DELIV-005: the peer's ACK. Gives whether it says anything new."""
        if received < self.acknowledged or received > self.sent:
            raise ProtocolError("DELIV-005", "an ACK goes back, or tells of more than was sent")
        news = received > self.acknowledged
        while self.acknowledged < received:
            frame = self.kept.popleft()
            self.kept_octets -= weight(frame)
            if frame.has(MORE) or frame.has(CONT):
                self.bulk_octets -= len(frame.body)
            self.acknowledged += 1
        self._again = min(self._again, len(self.kept))
        return news

    def resume_from(self, received: int) -> None:
        """Another channel: what the peer has not got is sent again (DELIV-006)."""
        self.acknowledge(received)
        self._again = len(self.kept)
        self.ack_now = True

    def next_again(self) -> Frame | None:
        """The next frame that is to be sent again."""
        if self._again == 0:
            return None
        frame = self.kept[len(self.kept) - self._again]
        self._again -= 1
        return frame

    @property
    def again(self) -> bool:
        """Whether frames wait to be sent again."""
        return self._again > 0

    # As the receiver.

    def arrive(self, frame: Frame, now: float) -> None:
        """A frame came: counts it, where it is one that counts."""
        if frame.type not in COUNTED:
            return
        self.received += 1
        self._waiting_octets += weight(frame)
        self._large = self._large or frame.has(MORE) or frame.has(CONT)
        if self._waiting_since is None:
            self._waiting_since = now
        if self._waiting_octets >= self._at_once:
            self.ack_now = True

    def ack_due_at(self) -> float | None:
        """DELIV-003: when an ACK has to leave at the latest."""
        if self._waiting_since is None:
            return None
        soon = self._large or self._waiting_octets >= _SOON
        return self._waiting_since + (self._delay if soon else 8 * self._delay)

    def ack_may_go_along(self, now: float) -> bool:
        """After the delay an ACK goes with whatever else leaves."""
        return self._waiting_since is not None and now >= self._waiting_since + self._delay

    @property
    def anything_to_say(self) -> bool:
        """Whether an ACK would say anything new."""
        return self.received > self._said

    def take_ack(self) -> int:
        """The count that an ACK says now."""
        self._said = self.received
        self._waiting_octets, self._waiting_since = 0, None
        self._large = self.ack_now = False
        return self.received
