"""The header of each frame as a table of places (sections 2, 3, 6, 8 and 10), and how places are checked."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from .errors import ProtocolError
from .limits import HEADER_DEPTH, MAX_SAFE_INTEGER


class Type(IntEnum):
    """The types of frames."""

    HELLO = 0x01
    CHALLENGE = 0x02
    PROOF = 0x03
    WELCOME = 0x04
    REFUSE = 0x05
    OPEN = 0x10
    ACCEPT = 0x11
    DATA = 0x12
    END = 0x13
    RESET = 0x14
    CREDIT = 0x20
    ACK = 0x21
    PING = 0x22
    PONG = 0x23
    OFFER = 0x24
    GOAWAY = 0x25


MORE, FINAL, CONT, BASE64 = 0x01, 0x02, 0x04, 0x80

HANDSHAKE = frozenset({Type.HELLO, Type.CHALLENGE, Type.PROOF, Type.WELCOME, Type.REFUSE})
WITH_BODY = frozenset({Type.OPEN, Type.DATA, Type.END})
ON_STREAM = frozenset({Type.OPEN, Type.ACCEPT, Type.DATA, Type.END, Type.RESET})
COUNTED = ON_STREAM | {Type.OFFER}
"""DELIV-001."""


@dataclass(frozen=True)
class Place:
    """One place of a header. `size` is the limit in octets; a negative one means exactly so many."""

    kind: str
    size: int = 0
    optional: bool = False
    inner: tuple[Place, ...] = field(default=())


def _int(optional: bool = False) -> Place:
    return Place("int", optional=optional)


def _text(size: int, optional: bool = False) -> Place:
    return Place("str", size, optional)


def _octets(size: int, optional: bool = False) -> Place:
    return Place("bytes", size, optional)


_STRINGS = Place("array", inner=(_text(1024),))
_INTEGERS = Place("array", inner=(_int(),))
_LIMITS = Place("tuple", inner=(_int(), _int(), _int(), _int(), _int(True), _int(True), _int(True)))
_NONCE, _TAG = _octets(-16), _octets(-8)

TOOL_ENTRY = Place(
    "tuple", inner=(_text(64), _int(), _int(True), _text(4096, True), Place("bool", optional=True), _text(1024, True))
)
TOOL_NAME = _text(64)

LAYOUTS: dict[int, tuple[Place, ...]] = {
    Type.HELLO: (
        _INTEGERS, _NONCE, _TAG, _STRINGS, _LIMITS, _INTEGERS, _text(1024, True), _text(1024, True),
        Place("tuple", optional=True, inner=(_text(1024), _octets(4096), _int())),
    ),
    Type.CHALLENGE: (_NONCE, _NONCE, _TAG, _int(), _STRINGS, _text(1024), _STRINGS),
    Type.PROOF: (_NONCE, _text(1024), _text(1024), _octets(4096)),
    Type.WELCOME: (
        _NONCE, _TAG, _int(), _STRINGS, _LIMITS, _INTEGERS, _int(), _text(1024), _text(1024), _STRINGS,
        _octets(4096, True), _int(True), _text(4096, True),
    ),
    Type.REFUSE: (_NONCE, _int(), _text(4096), _int(True)),
    Type.OPEN: (
        Place("name", 64), _text(128), _text(256, True), _int(True), _int(True), _int(),
        Place("name", 256, True), _text(1024, True), _text(256, True), Place("map", optional=True, inner=(_text(1024),)),
    ),
    Type.ACCEPT: (_int(), _text(4096, True), _int(True), _int(True), _int(True)),
    Type.DATA: (_int(), _int()),
    Type.END: (_int(), _int(), _text(4096, True), _int(True), Place("bool", optional=True), _int(True)),
    Type.RESET: (_int(), _text(4096, True)),
    Type.CREDIT: (_int(),),
    Type.ACK: (_int(),),
    Type.PING: (_int(),),
    Type.PONG: (_int(), _int(True)),
    Type.OFFER: (_int(), Place("offer")),
    Type.GOAWAY: (_int(), _int(), _text(4096), _int(True), _text(1024, True)),
}  # fmt: skip


def _wrong(kind: int, place: int, why: str) -> ProtocolError:
    return ProtocolError("FRAME-007", f"place {place} of {Type(kind).name} {why}")


def check_header(kind: int, header: Any) -> list[Any]:
    """FRAME-007, FRAME-009: the places that are known, checked, with nil for those that are missing."""
    if not isinstance(header, list):
        raise ProtocolError("FRAME-007", f"the header of {Type(kind).name} is not an array")
    layout = LAYOUTS[kind]
    places = list(header[: len(layout)])
    places += [None] * (len(layout) - len(places))
    for index, place in enumerate(layout):
        if place.kind == "offer":
            inner = TOOL_NAME if places[0] == 2 else TOOL_ENTRY
            place = Place("array", inner=(inner,))
        places[index] = _check(kind, index, place, places[index])
    return places


def _check(kind: int, index: int, place: Place, value: Any) -> Any:
    if value is None:
        if place.optional:
            return None
        raise _wrong(kind, index, "is missing")
    if place.kind == "int" or (place.kind == "name" and type(value) is int):
        if type(value) is not int or not 0 <= value <= MAX_SAFE_INTEGER:
            raise _wrong(kind, index, "is not an unsigned integer")
    elif place.kind == "bool":
        if not isinstance(value, bool):
            raise _wrong(kind, index, "is not a boolean")
    elif place.kind in ("str", "name"):
        if not isinstance(value, str):
            raise _wrong(kind, index, "is not a string")
        if _octets_of(value) > place.size:
            raise ProtocolError("FRAME-009", f"place {index} of {Type(kind).name} is longer than {place.size} octets")
    elif place.kind == "bytes":
        if not isinstance(value, bytes):
            raise _wrong(kind, index, "is not octets")
        if place.size < 0 and len(value) != -place.size:
            raise _wrong(kind, index, f"is not {-place.size} octets")
        if len(value) > abs(place.size):
            raise _wrong(kind, index, f"is longer than {place.size} octets")
    elif place.kind == "array":
        if not isinstance(value, list):
            raise _wrong(kind, index, "is not an array")
        return [_check(kind, index, place.inner[0], entry) for entry in value]
    elif place.kind == "tuple":
        if not isinstance(value, list):
            raise _wrong(kind, index, "is not an array")
        known = list(value[: len(place.inner)]) + [None] * (len(place.inner) - len(value))
        return [_check(kind, index, inner, entry) for inner, entry in zip(place.inner, known)]
    elif place.kind == "map":
        if not isinstance(value, dict):
            raise _wrong(kind, index, "is not a map")
        for key, entry in value.items():
            _check(kind, index, place.inner[0], key)
            _check(kind, index, place.inner[0], entry)
    return value


def _octets_of(text: str) -> int:
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise ProtocolError("FRAME-009", "a string of a header is not well-formed") from None


def trimmed(header: list[Any]) -> list[Any]:
    """A header without the nils at the end of its arrays."""
    length = len(header)
    while length > 0 and header[length - 1] is None:
        length -= 1
    return [trimmed(place) if isinstance(place, list) else place for place in header[:length]]


def header_to_json(header: list[Any]) -> list[Any]:
    """CARR-011: octets of a header field are base64 strings."""
    return [_to_json(place) for place in header]


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return [_to_json(entry) for entry in value] if isinstance(value, list) else value


def header_from_json(kind: int, header: Any) -> Any:
    """CARR-011, FRAME-008: the header as MessagePack would have given it."""
    if not isinstance(header, list):
        raise ProtocolError("FRAME-007", f"the header of {Type(kind).name} is not an array")
    _check_json(header, 0)
    layout = LAYOUTS[kind]
    return [
        _octets_from_json(value) if index < len(layout) and layout[index].kind == "bytes" else value
        for index, value in enumerate(header)
    ]


def _octets_from_json(value: Any) -> Any:
    return from_base64(value) if isinstance(value, str) else value


def _check_json(value: Any, depth: int) -> None:
    if isinstance(value, (list, dict)):
        if "__proto__" in value and isinstance(value, dict):
            raise ProtocolError("FRAME-008", "the key __proto__")
        if depth >= HEADER_DEPTH:
            raise ProtocolError("FRAME-008", "a header is nested too deep")
        for entry in value.values() if isinstance(value, dict) else value:
            _check_json(entry, depth + 1)
    elif isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise ProtocolError("FRAME-008", "an integer is beyond 2^53-1")


def from_base64(text: str) -> bytes:
    """CARR-011: base64 of RFC 4648 section 4 with padding, and the unused bits zero."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProtocolError("CARR-011", "a string is not base64") from None
    if base64.b64encode(octets).decode("ascii") != text:
        raise ProtocolError("CARR-011", "the base64 of a string is not the one of its octets")
    return octets
