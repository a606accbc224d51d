"""The gateway's side of a socket: handshakes, and one channel after the other (sections 1, 3 and 4)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Protocol

from .channel import CLOSE_NORMAL, CLOSE_POLICY, Channel, ChannelEnd
from .errors import CODES, ProtocolError
from .frames import Frame, handshake_frame
from .handshake import FEATURES, VERSION, fresh_tag
from .layout import HANDSHAKE, Type
from .limits import Limits, Stated
from .proof import Grant, verify
from .wire import ZERO_TAG, BinaryCarriage, Carriage, Envelope, Message, TextCarriage


@dataclass(frozen=True)
class Vouched:
    """What a host grants, or a proof."""

    principal: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Hello:
    """What HELLO said that counts behind the handshake."""

    tag: bytes
    features: list[str]
    limits: list[int | None]
    stated: Stated
    contents: list[int]
    resume: tuple[str, bytes, int] | None


class Hub(Protocol):
    """Where a gateway's sessions are."""

    def refusal(self, resume: str | None) -> tuple[str, str] | None:
        """A code and why, where nobody is let in, who does not want to resume a session that stands."""

    def enter(self, hello: Hello, who: Vouched, door: Door) -> tuple[list[Any], Callable[[Channel], None], Any]:
        """Opens or resumes a session: the end of WELCOME from `sessionId` on, what attaches the channel, the session."""


class Door:
    """One socket of a gateway. `receive` says whether a message was turnmux's; `poll` gives what is to be written.

    `vouched` is what a host grants at once; `later`: a host will say (CARR-031). Without either a proof is asked for.
    """

    def __init__(
        self,
        hub: Hub,
        limits: Limits,
        *,
        own_endpoint: bool,
        now: float,
        wake: Callable[[], None],
        audience: str = "",
        grants: Mapping[str, Grant] | None = None,
        vouched: Vouched | None = None,
        ended: Callable[[ChannelEnd], None],
        later: bool = False,
        wrapped: Callable[[], Carriage] | None = None,
    ) -> None:
        self.own_endpoint = own_endpoint
        self.close_code: int | None = None
        """Set when the socket is to be closed behind what is to be written; on an endpoint of its own only (CARR-008)."""
        self.channel: Channel | None = None
        self.wake = wake
        self._ended = ended
        self._hub = hub
        self._limits = limits
        self._audience = audience  # AUTH-007
        self._grants = grants or {}
        self._vouched = vouched
        self._later = later
        self._wrapped = wrapped
        self._carriages: list[Carriage] = [wrapped()] if wrapped is not None else [BinaryCarriage(), TextCarriage()]
        self._outgoing: list[Message] = []
        self._until: float | None = now + limits.handshake_ms / 1000 if own_endpoint else None
        self._octets = 0
        self._sequence = 0
        self._denied = False
        self._hello: Frame | None = None
        self._challenge: Frame | None = None
        self._carriage: Carriage = self._carriages[0]
        self._tag = b""
        self._over_tags: set[bytes] = set()
        self._last_hello: Frame | None = None
        """The HELLO of the channel that stands, or of the one that ended or was refused last."""

    # In.

    def receive(self, message: Message, now: float) -> bool:
        """A message of the socket."""
        if self.close_code is not None:
            return True
        channel = self.channel
        standing = channel is not None and not channel.closed
        frame_payload = self._limits.frame_payload
        for carriage in [channel.carriage] if standing and channel is not None else self._carriages:
            envelope = carriage.recognise(message, frame_payload)
            if envelope is not None:
                break
        if self._hello is None and not standing:
            # CARR-014, also for a REFUSE ahead of HELLO.
            self._carriage = self._carriages[-1 if isinstance(message, str) else 0]
        if envelope is not None and envelope.tag == ZERO_TAG:
            if self._handshake(envelope, carriage, now):
                return True
        elif envelope is not None and standing and channel is not None and envelope.tag == channel.own_tag:
            channel.take(envelope, now)
            return True
        elif envelope is not None and self._hello is not None and self._tag and envelope.tag == self._tag:
            self._too_early(envelope)
            return True
        elif envelope is not None and envelope.tag in self._over_tags:
            return True
        return self._of_host(message)

    def _of_host(self, message: Message) -> bool:
        """CARR-004: on an endpoint of turnmux's own nobody else may speak."""
        if not self.own_endpoint:
            return False
        if self.channel is not None:
            self.channel.fault(ProtocolError("CARR-003", "a message without the tag of this channel"))
        else:
            self._refuse_for(ProtocolError("HAND-005", f"something else came where {self._expected} was expected"))
        return True

    @property
    def _expected(self) -> str:
        return "HELLO" if self._hello is None else "PROOF"

    def _handshake(self, envelope: Envelope, carriage: Carriage, now: float) -> bool:
        if self._last_hello is not None and not self._may_begin_anew(envelope):
            return self._is_late(envelope)
        try:
            frames = list(envelope.frames)
            self._count(envelope)
            self._due(frames, carriage, now)
        except ProtocolError as error:
            self._refuse_for(error)
        return True

    def _may_begin_anew(self, envelope: Envelope) -> bool:
        """CARR-032: behind a channel that ended a new HELLO begins another one."""
        if self.own_endpoint or (self.channel is not None and not self.channel.closed):
            return False
        try:
            frames = list(envelope.frames)
        except ProtocolError:
            return False
        envelope.frames = iter(frames)
        if frames[0].type != Type.HELLO or self._last_hello is None or frames[0].body == self._last_hello.body:
            return False
        self.channel = self._hello = self._challenge = self._last_hello = None
        self._octets = self._sequence = 0
        return True

    def _is_late(self, envelope: Envelope) -> bool:
        """CARR-006: the HELLO of the channel that stands or has ended, or a PROOF for it, which are dropped."""
        try:
            frame = next(envelope.frames)
        except ProtocolError:
            return False
        header, last = frame.header or [], self._last_hello
        assert last is not None
        if frame.type == Type.HELLO:
            late = frame.body == last.body
        else:
            late = frame.type == Type.PROOF and header[0] == (last.header or [])[1]
        if late and self.channel is not None:
            self.channel.count_dropped(envelope)
        return late

    def _count(self, envelope: Envelope) -> None:
        if envelope.sequence is not None:
            if envelope.sequence != self._sequence:
                raise ProtocolError("CARR-021", "a wrapped message was lost, doubled or reordered")
            self._sequence += 1
        self._octets += envelope.octets
        if self._octets > self._limits.handshake_octets:
            raise ProtocolError("HAND-007", "the handshake has too many octets")

    def _due(self, frames: list[Frame], carriage: Carriage, now: float) -> None:
        first = frames[0]
        if first.type == Type.HELLO and self._hello is not None and first.body == self._hello.body and len(frames) == 1:
            # It is being answered. CARR-030 has it repeated, which counts for nothing.
            return
        due = Type.HELLO if self._hello is None else Type.PROOF
        if len(frames) != 1 or first.type != due or (due == Type.PROOF and self._challenge is None):
            what = Type(first.type).name if first.type in HANDSHAKE else "another frame"
            raise ProtocolError("HAND-005", f"{what} came where {self._expected} alone was expected")
        if due == Type.HELLO:
            self._take_hello(first, carriage, now)
        else:
            self._take_proof(first, now)

    # The handshake.

    def _take_hello(self, frame: Frame, carriage: Carriage, now: float) -> None:
        header = frame.header or []
        self._hello, self._carriage = frame, self._new_carriage(carriage)
        if self._until is None:
            self._until = now + self._limits.handshake_ms / 1000
        if VERSION not in header[0]:
            raise ProtocolError("HAND-002", "there is no version that both sides have")
        features = [feature for feature in header[3] if feature in FEATURES]
        Stated.read(header[4], features)
        refusal = self._hub.refusal(header[8] and header[8][0])
        if refusal is not None:
            self._refuse(*refusal)
        elif self._vouched is not None or self._denied:
            self._decide(now)
        elif not self._later:
            self._tag = fresh_tag()
            nonce = os.urandom(16)
            places = [header[1], nonce, self._tag, VERSION, features, self._audience, ["token", "ed25519"]]
            self._challenge = handshake_frame(Type.CHALLENGE, places)
            self._send(ZERO_TAG, self._challenge)

    def _new_carriage(self, recognised: Carriage) -> Carriage:
        if self._wrapped is None:
            return recognised
        # CARR-020: the numbers of each channel start at 0.
        self._carriages = [self._wrapped()]
        return self._carriages[0]

    def _take_proof(self, frame: Frame, now: float) -> None:
        assert self._hello is not None and self._challenge is not None
        nonce, method, key_id, proof = frame.header or []
        if nonce != (self._hello.header or [])[1]:
            raise ProtocolError("HAND-004", "PROOF does not echo the nonce of HELLO")
        grant = verify(self._grants, method, key_id, proof, self._hello.body, self._challenge.body)
        if grant is None:
            self._refuse("unauthenticated", "the proof opens nothing")
        else:
            self._welcome(Vouched(grant.principal, grant.scopes), now)

    def vouch(self, who: Vouched | None, now: float) -> None:
        """CARR-031: the host has decided; None: against its peer."""
        self._vouched, self._later, self._denied = who, False, who is None
        if self._hello is not None and self.channel is None:
            self._decide(now)
        self.wake()

    def _decide(self, now: float) -> None:
        if self._denied:
            self._refuse("unauthenticated", "the host does not vouch for its peer")
        elif self._vouched is not None:
            self._welcome(self._vouched, now)

    def _welcome(self, who: Vouched, now: float) -> None:
        assert self._hello is not None
        header = self._hello.header or []
        features = [feature for feature in header[3] if feature in FEATURES]
        resume = None if header[8] is None else (header[8][0], header[8][1], header[8][2])
        stated = Stated.read(header[4], features)
        hello = Hello(header[2], features, header[4], stated, header[5], resume)
        self._tag = self._tag or fresh_tag()
        ending, attach, session = self._hub.enter(hello, who, self)
        own = Stated.of(self._limits).places(features)
        places = [header[1], self._tag, VERSION, features, own, [1, 2, 3, 4], self._limits.heartbeat_ms, *ending]
        self._send(ZERO_TAG, handshake_frame(Type.WELCOME, places))
        self._until = None
        self._last_hello = self._hello
        self.channel = Channel(
            self._carriage,
            self._tag,
            hello.tag,
            session,
            self._limits,
            self._limits.heartbeat_ms,
            now,
            self._channel_ended,
            self._sequence,
        )
        self._tag = b""
        attach(self.channel)

    def _channel_ended(self, end: ChannelEnd) -> None:
        assert self.channel is not None
        self._over_tags.add(self.channel.own_tag)
        if self.own_endpoint:
            self.close_code = CLOSE_NORMAL if end.by_peer else end.close_code
        self._ended(end)
        self.wake()

    def _too_early(self, envelope: Envelope) -> None:
        """HAND-012, HAND-005: frames of a channel that does not stand yet."""
        try:
            self._count(envelope)
            frame = next(envelope.frames)
            if frame.type == Type.GOAWAY and (frame.header or [0])[0] != 0:
                self._over(CLOSE_NORMAL)
                return
            raise ProtocolError("HAND-005", f"a frame of the channel came where {self._expected} was expected")
        except ProtocolError as error:
            self._refuse_for(error)

    # Out.

    def _send(self, tag: bytes, frame: Frame) -> None:
        self._outgoing.append(self._carriage.encode(tag, [frame]))
        self.wake()

    def _refuse_for(self, error: ProtocolError) -> None:
        """HAND-013."""
        self._refuse(error.code, str(error))

    def _refuse(self, code: str, message: str) -> None:
        nonce = bytes(16) if self._hello is None else (self._hello.header or [])[1]
        self._send(ZERO_TAG, handshake_frame(Type.REFUSE, [nonce, CODES[code], message, None]))
        self._over(CLOSE_POLICY)

    def _over(self, close_code: int) -> None:
        """The handshake led to nothing; on a host's socket another one may follow."""
        if self._tag:
            self._over_tags.add(self._tag)
        self._last_hello = self._hello or self._last_hello
        self._hello = self._challenge = None
        self._tag, self._octets, self._sequence, self._until = b"", 0, 0, None
        if self.own_endpoint:
            self.close_code = close_code
        self.wake()

    def poll(self, now: float) -> Message | None:
        """The next message to write."""
        if self._outgoing:
            return self._outgoing.pop(0)
        return None if self.channel is None else self.channel.poll(now)

    # Time.

    def tick(self, now: float) -> None:
        """HAND-007, CHAN-002."""
        if self._until is not None and now >= self._until:
            self._refuse_for_time()
        if self.channel is not None:
            self.channel.tick(now)

    def _refuse_for_time(self) -> None:
        self._refuse("deadline_exceeded", "the handshake took too long [HAND-007]")

    def next_tick(self) -> float | None:
        """When `tick` has something to do again."""
        if self._until is not None:
            return self._until
        return None if self.channel is None or self.channel.closed else self.channel.next_tick()
