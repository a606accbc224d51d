"""What both sides of a handshake share, and the client's side (sections 3 and 4)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from .content import ALL_CONTENTS
from .errors import CODE_NAMES, CODES, ProtocolError
from .frames import Frame, handshake_frame
from .layout import HANDSHAKE, Type
from .limits import Limits, Stated, check_heartbeat
from .proof import Credential
from .wire import ZERO_TAG, Carriage, Envelope, Message

VERSION = 1
FEATURES = ["delivery", "credit"]
AGENT, AGENT_VERSION = "turnmux-python-peer", "1"
HELLO_AGAIN_SECONDS = 0.5


def fresh_tag() -> bytes:
    """CARR-002."""
    while (tag := os.urandom(8)) == ZERO_TAG:
        pass
    return tag


@dataclass(frozen=True)
class Resume:
    """What a client says to go on with a session."""

    session_id: str
    token: bytes
    received: int
    limits: list[int | None]
    """The gateway's limits as they were when the session was opened (RESUME-004)."""
    features: list[str]
    acknowledged: int
    sent: int


@dataclass(frozen=True)
class Welcomed:
    """What WELCOME granted."""

    tag: bytes
    features: list[str]
    limits: list[int | None]
    stated: Stated
    contents: list[int]
    heartbeat_ms: int
    session_id: str
    token: bytes | None
    resumed_from: int | None
    not_resumed: str | None


@dataclass(frozen=True)
class Failed:
    """A handshake that led to nothing. `refused`: the gateway said so."""

    code: str
    message: str
    requirement: str | None = None
    retry_after_ms: int | None = None
    refused: bool = False


class ClientHandshake:
    """One attempt. `result` is there once it is over; `outgoing` holds what is to be written."""

    def __init__(
        self,
        carriage: Carriage,
        limits: Limits,
        credential: Credential | None,
        audiences: frozenset[str],
        resume: Resume | None,
        *,
        own_endpoint: bool,
        now: float,
    ) -> None:
        self.carriage = carriage
        self.tag = fresh_tag()
        self.nonce = os.urandom(16)  # HAND-015
        self.result: Welcomed | Failed | None = None
        self.outgoing: list[Message] = []
        self._limits = limits
        self._credential = credential
        self._audiences = audiences
        self._resume = resume
        self._own_endpoint = own_endpoint
        self._until = now + limits.handshake_ms / 1000
        self._octets = 0
        self.sequence = 0
        """CARR-020: how many messages of this channel came."""
        self._challenge: list[Any] | None = None
        wanted = None if resume is None else [resume.session_id, resume.token, resume.received]
        stated = Stated.of(limits).places(FEATURES)
        contents = [int(kind) for kind in ALL_CONTENTS]
        header = [[VERSION], self.nonce, self.tag, FEATURES, stated, contents, AGENT, AGENT_VERSION, wanted]
        self._hello = handshake_frame(Type.HELLO, header)
        self._repeats = not own_endpoint and carriage.name != "wrapped"
        self._hello_again = now + HELLO_AGAIN_SECONDS
        self.outgoing.append(carriage.encode(ZERO_TAG, [self._hello]))

    def receive(self, message: Message) -> bool:
        """A message of the socket. Gives whether it was turnmux's; the rest is the host's (CARR-004, CARR-006)."""
        envelope = self.carriage.recognise(message, self._limits.frame_payload)
        try:
            if envelope is None or envelope.tag not in (ZERO_TAG, self.tag):
                if self._own_endpoint:
                    raise ProtocolError("HAND-005", f"something else than {self._expected} came")
                return False
            if envelope.tag == self.tag:
                raise ProtocolError("HAND-005", f"a frame of the channel came before {self._expected}")
            if not self._is_echo(envelope, message):
                return False
        except ProtocolError as error:
            self._fail(error)
        return True

    @property
    def _expected(self) -> str:
        return "CHALLENGE or WELCOME" if self._challenge is None else "WELCOME"

    def _is_echo(self, envelope: Envelope, message: Message) -> bool:
        try:
            frames = list(envelope.frames)
            if frames[0].type not in HANDSHAKE:
                raise ProtocolError("HAND-005", f"another frame came before {self._expected}")
        except ProtocolError:
            if not self._own_endpoint and not self._mentions_nonce(message):
                return False
            raise
        frame = frames[0]
        header = frame.header or []
        if frame.type == Type.HELLO or header[0] != self.nonce:
            if self._own_endpoint and not (frame.type == Type.REFUSE and header[0] == bytes(16)):
                raise ProtocolError("HAND-005", f"a handshake frame with another nonce came before {self._expected}")
            if not self._own_endpoint:
                return False
        if len(frames) != 1:
            raise ProtocolError("HAND-005", "a frame of the handshake has a message to itself")
        self.sequence += 1
        self._octets += envelope.octets
        if self._octets > self._limits.handshake_octets:
            raise ProtocolError("HAND-007", "the handshake has too many octets")
        self._frame(frame)
        return True

    def _mentions_nonce(self, message: Message) -> bool:
        """Whether a handshake message that cannot be read is an answer to this client all the same."""
        return isinstance(message, bytes) and self.nonce in message

    def _frame(self, frame: Frame) -> None:
        header = frame.header or []
        if frame.type == Type.REFUSE:
            _nonce, code, message, retry_after_ms = header
            self.result = Failed(CODE_NAMES.get(code, "unknown"), message, None, retry_after_ms, refused=True)
        elif frame.type == Type.CHALLENGE:
            if self._challenge is not None:
                raise ProtocolError("HAND-005", "CHALLENGE came again, where WELCOME was expected")
            self._challenge = header
            self._check_choice(header[3], header[4])
            self._prove(header, frame.body)
        elif frame.type == Type.WELCOME:
            if self._challenge is None:
                # HAND-012: from here on the gateway can be told.
                self._challenge = [header[0], b"", header[1], header[2], header[3], "", []]
            elif header[1:4] != self._challenge[2:5]:
                raise ProtocolError("HAND-008", "WELCOME has another tag, version or feature than CHALLENGE")
            self._check_choice(header[2], header[3])
            self.result = self._welcomed(header)
        else:
            raise ProtocolError("HAND-005", f"{Type(frame.type).name} came before {self._expected}")

    def _check_choice(self, version: int, features: list[str]) -> None:
        if version != VERSION or any(feature not in FEATURES for feature in features):
            raise ProtocolError("HAND-008", "a version or feature that HELLO did not name")

    def _prove(self, header: list[Any], challenge: bytes) -> None:
        audience, methods = header[5], header[6]
        if audience not in self._audiences:
            self.give_up("unauthenticated", "the audience is none that this client accepts")
        elif self._credential is None or self._credential.method not in methods:
            self.give_up("unauthenticated", "there is no method of proof that both sides have")
        else:
            proof = self._credential.prove(self._hello.body, challenge)
            frame = handshake_frame(Type.PROOF, [self.nonce, self._credential.method, self._credential.key_id, proof])
            self.outgoing.append(self.carriage.encode(ZERO_TAG, [frame]))

    def _welcomed(self, header: list[Any]) -> Welcomed:
        _nonce, tag, _version, features, limits, contents, heartbeat_ms, session_id, _who, _scopes, *rest = header
        token, resumed_from, not_resumed = rest
        stated = Stated.read(limits, features)
        check_heartbeat(heartbeat_ms)
        if "delivery" in features and (token is None or len(token) < 16):
            raise ProtocolError("RESUME-001", "a WELCOME with delivery and without a token")
        resume = self._resume
        if resume is not None and resumed_from is None and not_resumed is None:
            raise ProtocolError("HAND-010", "a WELCOME that does not say whether the session was resumed")
        if resumed_from is not None:
            if resume is None or resume.session_id != session_id or not_resumed is not None:
                raise ProtocolError("RESUME-003", "resumedFrom that was not asked for, or not for this session")
            if not resume.acknowledged <= resumed_from <= resume.sent:
                raise ProtocolError("RESUME-004", "resumedFrom is a count that cannot be")
            if limits != resume.limits or sorted(features) != sorted(resume.features):
                raise ProtocolError("RESUME-004", "the session was resumed with other limits or features")
        return Welcomed(
            tag, features, limits, stated, contents, heartbeat_ms, session_id, token, resumed_from, not_resumed
        )

    def _fail(self, error: ProtocolError) -> None:
        self.give_up(error.code, str(error), error.requirement)

    def give_up(self, code: str, message: str, requirement: str | None = None) -> None:
        """HAND-012: ends the attempt, and says so where the gateway's tag is known."""
        if self._challenge is not None:
            goaway = Frame(Type.GOAWAY, 0, 0, [CODES[code], 0, message, None, requirement])
            self.outgoing.append(self.carriage.encode(self._challenge[2], [goaway]))
        self.result = Failed(code, message, requirement)

    def tick(self, now: float) -> None:
        """CARR-030, HAND-007."""
        if self.result is not None:
            return
        if now >= self._until:
            # RESUME-005: a handshake that was to resume a session and took too long leaves the session alone.
            resuming = self._resume is not None
            self.give_up("data_loss" if resuming else "unavailable", "the handshake took too long")
        elif self._repeats and self._challenge is None and now >= self._hello_again:
            self._hello_again = now + HELLO_AGAIN_SECONDS
            self.outgoing.append(self.carriage.encode(ZERO_TAG, [self._hello]))

    def next_tick(self) -> float:
        """When `tick` has something to do again."""
        return min(self._until, self._hello_again) if self._repeats and self._challenge is None else self._until
