"""The three carriages: how frames become messages of a socket and how a message is recognised (section 1)."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Protocol

from .errors import ProtocolError
from .frames import Frame, check_head, decode_frames, encode_frame, unpack_handshake
from .layout import BASE64, CONT, HANDSHAKE, LAYOUTS, WITH_BODY, Type
from .layout import check_header, from_base64, header_from_json, header_to_json, trimmed

Message = str | bytes

ZERO_TAG = bytes(8)
MARK = b"\xc1\x01"
TEXT_START = '{"turnmux":['

_TEXT_HEAD = re.compile(r'\{"turnmux":\[[ \t\r\n]*1[ \t\r\n]*,[ \t\r\n]*"([0-9a-f]{16})"')


@dataclass
class Envelope:
    """A message that has the shape of turnmux. Whose it is its tag says (CARR-004)."""

    tag: bytes
    frames: Iterator[Frame]
    octets: int
    sequence: int | None = None


class Carriage(Protocol):
    """How messages are made and recognised."""

    name: str

    def recognise(self, message: Message, frame_payload: int) -> Envelope | None:
        """The message as one of turnmux, or None where it belongs to the host."""

    def encode(self, tag: bytes, frames: list[Frame]) -> Message:
        """A message of whole frames, at least one (CARR-001)."""


class BinaryCarriage:
    """WebSocket binary messages."""

    name = "binary"

    def recognise(self, message: Message, frame_payload: int) -> Envelope | None:
        """See `Carriage`."""
        if not isinstance(message, bytes) or len(message) < 10 or message[:2] != MARK:
            return None
        return Envelope(message[2:10], decode_frames(message, 10, frame_payload), len(message))

    def encode(self, tag: bytes, frames: list[Frame]) -> Message:
        """See `Carriage`."""
        return MARK + tag + b"".join(encode_frame(frame) for frame in frames)


class TextCarriage:
    """WebSocket text messages of JSON."""

    name = "text"

    def recognise(self, message: Message, frame_payload: int) -> Envelope | None:
        """See `Carriage`. The tag is read first: what carries it stays with turnmux, whatever else is wrong (CARR-005)."""
        if not isinstance(message, str) or not message.startswith(TEXT_START):
            return None
        head = _TEXT_HEAD.match(message)
        if head is None:
            return None
        return Envelope(bytes.fromhex(head.group(1)), self._frames(message, frame_payload), len(message.encode()))

    def _frames(self, message: str, frame_payload: int) -> Iterator[Frame]:
        try:
            members = json.loads(message, object_pairs_hook=_members)
        except (ValueError, RecursionError):
            raise ProtocolError("CARR-010", "a message is not JSON") from None
        if len(members) != 1:
            raise ProtocolError("CARR-010", "a message has another member")
        yield from frames_of_json(members["turnmux"][2:], frame_payload)

    def encode(self, tag: bytes, frames: list[Frame]) -> Message:
        """See `Carriage`."""
        return to_json({"turnmux": [1, tag.hex(), *map(frame_to_json, frames)]})


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if sum(key == "turnmux" for key, _ in pairs) > 1:
        raise ProtocolError("CARR-010", "a message has its member twice")
    return dict(pairs)


class WrappedCarriage:
    """Numbered messages, as one JSON value within the envelope of a host (CARR-020).

    `unwrap` gives the value within a message of the host, or None; `wrap` puts one into it.
    """

    name = "wrapped"

    def __init__(self, unwrap: Callable[[str], Any], wrap: Callable[[Any], str]) -> None:
        self._unwrap = unwrap
        self._wrap = wrap
        self._next = 0

    def recognise(self, message: Message, frame_payload: int) -> Envelope | None:
        """See `Carriage`."""
        if not isinstance(message, str):
            return None
        inner = self._unwrap(message)
        try:
            version, tag, *rest = inner["turnmux"]
            if type(version) is not int or version != 1 or not re.fullmatch("[0-9a-f]{16}", tag):
                return None
        except (ValueError, KeyError, TypeError):
            return None
        return Envelope(bytes.fromhex(tag), self._frames(inner, rest, frame_payload), len(message.encode()), _sequence(rest))

    @staticmethod
    def _frames(inner: dict[str, Any], rest: list[Any], frame_payload: int) -> Iterator[Frame]:
        if len(inner) != 1:
            raise ProtocolError("CARR-010", "a wrapped message has another member")
        if _sequence(rest) is None:
            raise ProtocolError("CARR-020", "a wrapped message has no sequence number")
        yield from frames_of_json(rest[1:], frame_payload)

    def encode(self, tag: bytes, frames: list[Frame]) -> Message:
        """See `Carriage`."""
        sequence, self._next = self._next, self._next + 1
        return self._wrap({"turnmux": [1, tag.hex(), sequence, *map(frame_to_json, frames)]})


def host_carriage() -> WrappedCarriage:
    """Wrapped carriage in the envelope `{"host":<message>}`."""
    return WrappedCarriage(_unwrap_host, lambda value: to_json({"host": value}))


def _unwrap_host(message: str) -> Any:
    try:
        outer = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return outer.get("host") if isinstance(outer, dict) else None


def _sequence(rest: list[Any]) -> int | None:
    return rest[0] if rest and type(rest[0]) is int and rest[0] >= 0 else None


def to_json(value: Any) -> str:
    """JSON without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def frame_to_json(frame: Frame) -> list[Any]:
    """CARR-010 to CARR-012: a frame as `[type, flags, stream, header, body]`."""
    if frame.type in HANDSHAKE:
        return [int(frame.type), BASE64, 0, None, base64.b64encode(frame.body).decode("ascii")]
    header = None if frame.header is None else header_to_json(trimmed(frame.header))
    if frame.type not in WITH_BODY or (not frame.body and _content(frame) == 0):
        return [int(frame.type), frame.flags, frame.stream, header, None]
    try:
        return [int(frame.type), frame.flags, frame.stream, header, frame.body.decode("utf-8")]
    except UnicodeDecodeError:
        body = base64.b64encode(frame.body).decode("ascii")
        return [int(frame.type), frame.flags | BASE64, frame.stream, header, body]


def _content(frame: Frame) -> int:
    if frame.header is None:
        return 0
    return int(frame.header[5 if frame.type == Type.OPEN else 1])


def frames_of_json(rows: list[Any], frame_payload: int) -> Iterator[Frame]:
    """The frames of a text or wrapped message."""
    if not rows:
        raise ProtocolError("CARR-001", "a message without a frame")
    for row in rows:
        if not isinstance(row, list) or len(row) != 5 or any(type(part) is not int or part < 0 for part in row[:3]):
            raise ProtocolError("CARR-010", "a frame is not [type, flags, stream, header, body]")
        yield _frame_of_json(*row, frame_payload=frame_payload)


def _frame_of_json(kind: int, flags: int, stream: int, header: Any, body: Any, *, frame_payload: int) -> Frame:
    if kind > 0xFF or flags > 0xFF:
        raise ProtocolError("CARR-010", "a type or flags beyond an octet")
    has_body = kind in WITH_BODY or kind in HANDSHAKE
    carried = flags & ~BASE64 if has_body else flags
    frame = Frame(kind, carried, stream, None)
    if kind not in LAYOUTS:
        return check_head(frame)
    check_head(frame)
    frame.body = _body_of_json(body, flags & BASE64 != 0 and has_body)
    if body is not None and not has_body:
        raise ProtocolError("CARR-011", f"{Type(kind).name} has no body")
    if len(frame.body) > frame_payload:
        raise ProtocolError("FRAME-001", "a payload is longer than the limit framePayload")
    if kind in HANDSHAKE:
        if header is not None or flags != BASE64:
            raise ProtocolError("CARR-012", "a handshake frame has its octets as its body, in base64")
        frame.header = unpack_handshake(kind, frame.body)
    elif kind == Type.DATA and carried & CONT:
        if header is not None:
            raise ProtocolError("CARR-011", "DATA with CONT has no header")
    else:
        frame.header = check_header(kind, header_from_json(kind, header))
    return frame


def _body_of_json(body: Any, in_base64: bool) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise ProtocolError("CARR-011", "a body is neither a string nor null")
    if in_base64:
        return from_base64(body)
    try:
        return body.encode("utf-8")
    except UnicodeEncodeError:
        raise ProtocolError("CARR-011", "a body is no well-formed text") from None
