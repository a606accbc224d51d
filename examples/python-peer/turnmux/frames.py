"""Frames and their octets in binary carriage (section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

import msgpack

from .errors import ProtocolError
from .layout import CONT, FINAL, HANDSHAKE, LAYOUTS, MORE, ON_STREAM, WITH_BODY, Type, check_header, trimmed
from .limits import FRAME_HEAD, GREATEST_STREAM, HEADER_DEPTH
from .packing import Bounds, PackingError, unpack


@dataclass
class Frame:
    """One frame. A handshake frame keeps its payload as `body`: the transcript of section 4 needs its octets.

    `header` is None where the frame has none: DATA with CONT, and a frame of a type that is skipped.
    """

    type: int
    flags: int
    stream: int
    header: list[Any] | None
    body: bytes = b""

    def has(self, flag: int) -> bool:
        """Whether the flag is set."""
        return self.flags & flag != 0


_HEADER_BOUNDS = Bounds(HEADER_DEPTH, map_entries=2**32, array_entries=2**32, containers=2**32, float_32=False)
_ARRAYS = frozenset([*range(0x90, 0xA0), 0xDC, 0xDD])


def pack_header(header: list[Any]) -> bytes:
    """A header as MessagePack, without nils at the end of an array: a missing place counts as nil (FRAME-007)."""
    return msgpack.packb(trimmed(header), use_bin_type=True)


def handshake_frame(kind: Type, header: list[Any]) -> Frame:
    """A frame of the handshake, with its payload as body."""
    return Frame(kind, 0, 0, header, pack_header(header))


def header_octets(frame: Frame) -> bytes:
    """The octets of the header in binary carriage."""
    if frame.header is None or frame.type in HANDSHAKE:
        return b""
    return bytes(frame.header) if frame.type == Type.DATA else pack_header(frame.header)


def encode_frame(frame: Frame) -> bytes:
    """The octets of a frame."""
    payload = header_octets(frame) + frame.body
    head = len(payload).to_bytes(3, "big") + bytes((frame.type, frame.flags)) + frame.stream.to_bytes(4, "big")
    return head + payload


def decode_frames(data: bytes, at: int, frame_payload: int) -> Iterator[Frame]:
    """The frames of a message from `at` on, one by one: those ahead of a broken one count."""
    if at == len(data):
        raise ProtocolError("CARR-001", "a message without a frame")
    while at < len(data):
        if at + 3 <= len(data) and int.from_bytes(data[at : at + 3], "big") > frame_payload:
            raise ProtocolError("FRAME-001", "a payload is longer than the limit framePayload")
        if at + FRAME_HEAD > len(data):
            raise ProtocolError("FRAME-002", "a frame is cut off")
        end = at + FRAME_HEAD + int.from_bytes(data[at : at + 3], "big")
        if end > len(data):
            raise ProtocolError("FRAME-002", "a frame is cut off")
        stream = int.from_bytes(data[at + 5 : at + FRAME_HEAD], "big")
        frame = Frame(data[at + 3], data[at + 4], stream, None, data[at + FRAME_HEAD : end])
        yield _with_header(check_head(frame)) if frame.type in LAYOUTS else check_head(frame)
        at = end


def check_head(frame: Frame) -> Frame:
    """What holds for the head of a frame on every carriage."""
    if frame.stream > GREATEST_STREAM:
        raise ProtocolError("FRAME-003", "the reserved bit is set")
    if frame.type not in LAYOUTS:
        if frame.type & 0x80 == 0:
            raise ProtocolError("FRAME-004", f"a frame of the unknown type {frame.type}")
        return frame
    if frame.type == Type.DATA:
        allowed = MORE | FINAL | CONT
    else:
        allowed = MORE | FINAL if frame.type in WITH_BODY else 0
    if frame.flags & ~allowed:
        raise ProtocolError("FRAME-005", f"{Type(frame.type).name} has a flag that is not defined for it")
    on_stream = frame.type in ON_STREAM
    if frame.type != Type.CREDIT and on_stream != (frame.stream != 0):
        raise ProtocolError("FRAME-006", f"{Type(frame.type).name} on stream {frame.stream}")
    return frame


def _with_header(frame: Frame) -> Frame:
    """Splits the payload into header and body."""
    if frame.type == Type.DATA:
        if not frame.has(CONT):
            if len(frame.body) < 2:
                raise ProtocolError("FRAME-007", "DATA without its header")
            frame.header, frame.body = [frame.body[0], frame.body[1]], frame.body[2:]
        return frame
    if frame.type in HANDSHAKE:
        frame.header = unpack_handshake(frame.type, frame.body)
        return frame
    if frame.body and frame.body[0] not in _ARRAYS:
        raise ProtocolError("FRAME-007", f"the header of {Type(frame.type).name} is not an array")
    header, end = _unpack(frame.type, frame.body)
    if frame.type not in WITH_BODY and end != len(frame.body):
        raise ProtocolError("FRAME-010", f"{Type(frame.type).name} goes on behind its header")
    frame.header, frame.body = check_header(frame.type, header), frame.body[end:]
    return frame


def unpack_handshake(kind: int, payload: bytes) -> list[Any]:
    """The header of a handshake frame."""
    header, end = _unpack(kind, payload)
    if end != len(payload):
        raise ProtocolError("FRAME-010", f"{Type(kind).name} goes on behind its header")
    return check_header(kind, header)


def _unpack(kind: int, payload: bytes) -> tuple[Any, int]:
    try:
        return unpack(payload, _HEADER_BOUNDS)
    except PackingError as error:
        # Nesting, extension types and integers are what FRAME-008 is about; where the array does not end, FRAME-007.
        rule = "FRAME-007" if "cut off" in str(error) else "FRAME-008"
        rule = "FRAME-009" if "UTF-8" in str(error) else rule
        raise ProtocolError(rule, f"the header of {Type(kind).name}: {error}") from None
