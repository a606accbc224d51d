"""A channel that stands: messages in and out, liveness, drain and faults (sections 1 and 10)."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Callable

from .errors import CODE_NAMES, CODES, ProtocolError
from .frames import Frame, encode_frame
from .intake import Intake
from .layout import HANDSHAKE, LAYOUTS, Type
from .limits import ASK_AGAIN_SECONDS, MESSAGE_FRAMES, MESSAGE_OCTETS, PONGS_WAITING, Limits
from .rates import Rates
from .session import Session
from .wire import Carriage, Envelope, Message, WrappedCarriage

CLOSE_NORMAL, CLOSE_GOING, CLOSE_PROTOCOL, CLOSE_POLICY, CLOSE_TOO_MUCH = 1000, 1001, 1002, 1008, 1009
CLOSE_SILENT = 4408


@dataclass(frozen=True)
class ChannelEnd:
    """How a channel ended. `session_over`: its session with it (RESUME-005)."""

    session_over: bool
    code: str
    message: str
    by_peer: bool = False
    close_code: int = CLOSE_NORMAL
    last_stream: int | None = None
    retry_after_ms: int | None = None
    requirement: str | None = None


class Channel:
    """One channel of a session. Whoever owns the socket gives messages to `take` and writes what `poll` gives."""

    def __init__(
        self,
        carriage: Carriage,
        own_tag: bytes,
        peer_tag: bytes,
        session: Session,
        limits: Limits,
        heartbeat_ms: int,
        now: float,
        ended: Callable[[ChannelEnd], None],
        sequence: int = 0,
    ) -> None:
        self.carriage = carriage
        self.own_tag = own_tag
        self.peer_tag = peer_tag
        self.session = session
        self.closed = False
        self.on_first_message: Callable[[], None] | None = None
        self._heartbeat = heartbeat_ms / 1000
        self._ended = ended
        self._intake = Intake(session)
        self._rates = Rates(limits, heartbeat_ms, session.peer.streams, now)
        self._urgent: deque[Frame] = deque()
        self._pongs = 0
        self._last_heard = now
        self._asked_at: float | None = None
        self._ping = 0
        self._asked: set[int] = set()
        self._ping_at = -ASK_AGAIN_SECONDS
        self._called_at: float | None = None
        """When an OPEN was written first since anything was answered."""
        session.ask = self.ask
        self._peer_drained = False
        self._sequence = sequence
        """The number of the next wrapped message; the handshake had the first ones (CARR-020)."""
        self._last_words: Frame | None = None

    # In.

    def take(self, envelope: Envelope, now: float) -> None:
        """A message with this channel's tag. What comes for a channel that is over is dropped (CARR-032)."""
        if self.closed:
            return
        self._last_heard, self._asked_at = now, None
        if isinstance(self.carriage, WrappedCarriage) and envelope.sequence is not None:
            if envelope.sequence != self._sequence:
                self.leave("data_loss", "a wrapped message was lost, doubled or reordered", "CARR-021")
                return
            self._sequence += 1
        try:
            known = skipped = 0
            for frame in envelope.frames:
                known, skipped = (known, skipped + 1) if frame.type not in LAYOUTS else (known + 1, skipped)
                if self.on_first_message is not None and not _is_last_goaway(frame):
                    # RESUME-002: a GOAWAY with a code voids no token.
                    self.on_first_message()
                    self.on_first_message = None
                self._frame(frame, now)
                if self.closed:
                    return
            for _ in range(skipped - known):
                self._rates.idle.take(now)
        except ProtocolError as error:
            self.fault(error)

    def count_dropped(self, envelope: Envelope) -> None:
        """CARR-020: a message of the handshake that came late and was dropped has a number all the same."""
        if envelope.sequence == self._sequence:
            self._sequence += 1

    # Frames of the channel itself.

    def _frame(self, frame: Frame, now: float) -> None:
        header = frame.header or []
        if frame.type in HANDSHAKE:
            raise ProtocolError("CARR-003", "a handshake frame in a message with a channel's tag")
        if frame.type not in LAYOUTS:
            return
        if frame.type == Type.PING:
            self._rates.pings.take(now)
            self._pongs += 1
            if self._pongs > PONGS_WAITING:
                raise ProtocolError("LIMIT-004", "more PINGs than PONGs could be written")
            self._urgent.append(Frame(Type.PONG, 0, 0, [header[0], None]))
            self.session.wake()
        elif frame.type == Type.PONG:
            self.session.peer_is_late(header[1], now)
            self._called_at = None
            if header[0] in self._asked:
                self._asked.discard(header[0])
            else:
                self._rates.idle.take(now)
        elif frame.type == Type.GOAWAY:
            self._goaway(header, now)
        else:
            if frame.type in (Type.ACCEPT, Type.END):
                self._called_at = None
            self._intake.take(frame, self._rates, now)
            self.session.wake()

    def _goaway(self, header: list[object], now: float) -> None:
        code, last_stream, message, retry_after_ms, requirement = header
        if code == 0:
            if self._peer_drained:
                self._rates.idle.take(now)
            self._peer_drained = True
            delivery = self.session.delivery
            if delivery is not None and delivery.anything_to_say:
                delivery.ack_now = True
            self.session.peer_drains = True
            self.session.caller.peer_drains(int(str(last_stream)))
            return
        name = CODE_NAMES.get(int(str(code)), "unknown")
        self._end(
            ChannelEnd(
                name != "data_loss",
                name,
                str(message),
                by_peer=True,
                last_stream=int(str(last_stream)),
                retry_after_ms=None if retry_after_ms is None else int(str(retry_after_ms)),
                requirement=None if requirement is None else str(requirement),
            )
        )

    # Ends.

    def fault(self, error: ProtocolError) -> None:
        """CHAN-004: the peer broke a rule."""
        close_code = CLOSE_TOO_MUCH if error.code == "resource_exhausted" else CLOSE_PROTOCOL
        self.leave(error.code, error.message, error.requirement, close_code=close_code)

    def leave(
        self,
        code: str,
        message: str,
        requirement: str | None = None,
        *,
        close_code: int = CLOSE_NORMAL,
        retry_after_ms: int | None = None,
    ) -> None:
        """The last GOAWAY of this channel; unless it says `data_loss`, of the session too (RESUME-005)."""
        if self.closed:
            return
        last = self.session.greatest_theirs if self.session.last_taken is None else self.session.last_taken
        header = [CODES[code], last, f"{message} [{requirement}]" if requirement else message, retry_after_ms, requirement]
        self._last_words = Frame(Type.GOAWAY, 0, 0, header)
        self._end(ChannelEnd(code != "data_loss", code, message, close_code=close_code, requirement=requirement))
        self.session.wake()

    def take_over(self) -> None:
        """RESUME-006: another channel has the session; this one ends without it."""
        if not self.closed:
            self._last_words = Frame(
                Type.GOAWAY, 0, 0, [CODES["aborted"], self.session.greatest_theirs, "the session was resumed elsewhere"]
            )
            self._end(ChannelEnd(False, "aborted", "the session was resumed elsewhere"))

    def lost(self) -> None:
        """The carrier is gone."""
        self._end(ChannelEnd(False, "unavailable", "the connection was lost", by_peer=True))

    def _end(self, end: ChannelEnd) -> None:
        if self.closed:
            return
        self.closed = True
        self._ended(end)

    def drain(self, message: str) -> None:
        """CHAN-003: GOAWAY with code 0."""
        session = self.session
        session.draining = True
        if session.last_taken is None:
            session.last_taken = session.greatest_theirs
        self._urgent.append(Frame(Type.GOAWAY, 0, 0, [0, session.last_taken, message]))
        session.wake()

    # Out.

    def poll(self, now: float) -> Message | None:
        """The next message to write, or None. CHAN-007: what waits for nothing goes first."""
        if self._last_words is not None:
            frame, self._last_words = self._last_words, None
            return self.carriage.encode(self.peer_tag, [frame])
        if self.closed:
            return None
        if self.session.used_up and not self.session.draining:
            self.drain("the identifiers of streams are used up")
        frames = self._waiting_for_nothing(now)
        octets = sum(len(encode_frame(frame)) for frame in frames)
        while len(frames) < MESSAGE_FRAMES and octets < MESSAGE_OCTETS:
            frame = self.session.next_counted(now)
            if frame is None:
                break
            if frame.type == Type.OPEN and self._called_at is None:
                self._called_at = now
            frames.append(frame)
            octets += len(frame.body) + 64
        delivery = self.session.delivery
        if frames and delivery is not None and delivery.ack_may_go_along(now) and len(frames) < MESSAGE_FRAMES:
            frames.append(Frame(Type.ACK, 0, 0, [delivery.take_ack()]))
        if frames:
            return self.carriage.encode(self.peer_tag, frames)
        if self.session.draining and not self.session.calls_left and self.session.all_acknowledged:
            # CHAN-003: nothing is left.
            self.leave("unavailable", "the drain is over", close_code=CLOSE_GOING)
            return self.poll(now)
        return None

    def _waiting_for_nothing(self, now: float) -> list[Frame]:
        session, delivery = self.session, self.session.delivery
        frames: list[Frame] = []
        due = delivery.ack_due_at() if delivery is not None else None
        if delivery is not None and (delivery.ack_now or (due is not None and now >= due) or session.credits):
            # FLOW-006: an ACK goes with CREDIT, where it says anything.
            if delivery.ack_now or delivery.anything_to_say:
                frames.append(Frame(Type.ACK, 0, 0, [delivery.take_ack()]))
        while self._urgent and len(frames) < MESSAGE_FRAMES:
            frame = self._urgent.popleft()
            self._pongs -= 1 if frame.type == Type.PONG else 0
            frames.append(frame)
        while session.credits and len(frames) < MESSAGE_FRAMES:
            stream, granted = session.credits.popitem()
            frames.append(Frame(Type.CREDIT, 0, stream, [granted.grant()]))
        return frames

    # Time.

    def tick(self, now: float) -> None:
        """CHAN-002: asks a peer that is silent, and ends the channel where it stays so."""
        if self.closed:
            return
        silence = now - self._last_heard
        if self._asked_at is None:
            if silence >= self._heartbeat or now >= self._doubts_at():
                self._question(now)
        elif silence >= 2.5 * self._heartbeat and now - self._asked_at >= 1.5 * self._heartbeat:
            message = "nothing was heard for two and a half heartbeat intervals"
            self._end(ChannelEnd(False, "unavailable", message, close_code=CLOSE_SILENT))

    def ask(self, now: float) -> None:
        """CALL-019: asks the peer, unless a question of before has no answer yet or was asked a moment ago."""
        if not self.closed and not self._asked and now >= self._ping_at + ASK_AGAIN_SECONDS:
            self._question(now)

    def _question(self, now: float) -> None:
        self._ping += 1
        self._asked = {self._ping}
        self._ping_at = now
        if self._asked_at is None:
            self._asked_at = now
        self._urgent.append(Frame(Type.PING, 0, 0, [self._ping]))
        self.session.wake()

    def _doubts_at(self) -> float:
        """CHAN-010: when a gateway is asked that said it is busy, or that says nothing to a call."""
        if self._asked or self.session.role != "client":
            return math.inf
        if self.session.busy_since is not None:
            return max(self.session.busy_since, self._ping_at) + 1
        return math.inf if self._called_at is None else max(self._called_at, self._last_heard, self._ping_at) + 1

    def next_tick(self) -> float:
        """When `tick` or `poll` has something to do again."""
        if self._asked_at is None:
            at = min(self._last_heard + self._heartbeat, self._doubts_at())
        else:
            at = max(self._last_heard + 2.5 * self._heartbeat, self._asked_at + 1.5 * self._heartbeat)
        due = self.session.delivery.ack_due_at() if self.session.delivery is not None else None
        return at if due is None else min(at, due)


def _is_last_goaway(frame: Frame) -> bool:
    return frame.type == Type.GOAWAY and frame.header is not None and frame.header[0] != 0
