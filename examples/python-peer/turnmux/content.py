"""Values and their octets (section 9)."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from enum import IntEnum
from typing import Any

import msgpack

from .errors import ProtocolError, ValueRefused
from .limits import (
    CONTENT_ARRAY_ENTRIES,
    CONTENT_CONTAINERS,
    CONTENT_DEPTH,
    CONTENT_MAP_ENTRIES,
    MAX_SAFE_INTEGER,
)
from .packing import Bounds, PackingError, unpack


class Content(IntEnum):
    """The contents."""

    NONE = 0
    JSON = 1
    MSGPACK = 2
    TEXT = 3
    BYTES = 4


class Absent:
    """The type of ABSENT."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
"""The value of a body that is not there."""

ALL_CONTENTS = [Content.JSON, Content.MSGPACK, Content.TEXT, Content.BYTES]

_BOUNDS = Bounds(CONTENT_DEPTH, CONTENT_MAP_ENTRIES, CONTENT_ARRAY_ENTRIES, CONTENT_CONTAINERS)
_HALF_OF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_JSON_TOKEN = re.compile(rb"[\[\]{}]|,+")
_NO_STRUCTURE = bytes(octet for octet in range(256) if octet not in b"[]{},")


def plain(value: Any) -> tuple[Any, bool]:
    """CONT-001, CONT-004: the value as it may be sent, and whether there are octets in it."""
    state = _Walk()
    return state.walk(value, "", 0), state.octets


class _Walk:
    """One walk over a value that is to be sent."""

    def __init__(self) -> None:
        self.octets = False
        self._containers = 0

    def _count(self, path: str) -> None:
        self._containers += 1
        if self._containers > CONTENT_CONTAINERS:
            raise ValueRefused(path, "there are too many arrays, maps and octets")

    def walk(self, value: Any, path: str, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if type(value) is str:
            return _well_formed(value, path)
        if type(value) in (int, float):
            return _number(value, path)
        if type(value) is bytes:
            self._count(path)
            self.octets = True
            return value
        if type(value) not in (list, dict):
            raise ValueRefused(path, f"{type(value).__name__} is no value")
        self._count(path)
        if depth >= CONTENT_DEPTH:
            raise ValueRefused(path, "it is nested too deep")
        if type(value) is list:
            if len(value) > CONTENT_ARRAY_ENTRIES:
                raise ValueRefused(path, "an array has too many entries")
            return [self.walk(entry, f"{path}/{index}", depth + 1) for index, entry in enumerate(value)]
        if len(value) > CONTENT_MAP_ENTRIES:
            raise ValueRefused(path, "a map has too many entries")
        result: dict[str, Any] = {}
        for key, entry in value.items():
            if type(key) is not str or key == "__proto__":
                raise ValueRefused(path, "a key is not taken")
            _well_formed(key, path)
            if entry is not ABSENT:
                result[key] = self.walk(entry, f"{path}/{key}", depth + 1)
        return result


def _well_formed(text: str, path: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueRefused(path, "a string is not well-formed") from None
    return text


def _number(value: int | float, path: str) -> int | float:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueRefused(path, "a number is not finite")
        return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value
    if abs(value) > MAX_SAFE_INTEGER:
        raise ValueRefused(path, "an integer is beyond 2^53-1")
    return value


def encode(value: Any, contents: list[int]) -> tuple[int, bytes]:
    """The content and the octets of a value for a receiver that lists `contents` (CONT-002)."""
    if value is ABSENT:
        return Content.NONE, b""
    ready, octets = plain(value)
    if isinstance(ready, bytes):
        return Content.BYTES, ready
    if octets:
        if Content.MSGPACK not in contents:
            raise ValueRefused("", "the receiver takes no octets within a value")
        return Content.MSGPACK, msgpack.packb(ready, use_bin_type=True)
    if isinstance(ready, str) and Content.TEXT in contents:
        return Content.TEXT, ready.encode("utf-8")
    return Content.JSON, json.dumps(ready, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def decode(content: int, data: bytes) -> Any:
    """The value of a body that has arrived (CONT-003 to CONT-005)."""
    if content == Content.NONE:
        if data:
            raise ProtocolError("CONT-003", "there are octets in a body of content none")
        return ABSENT
    if content == Content.BYTES:
        return data
    if content == Content.TEXT:
        return _utf8(data)
    if content == Content.JSON:
        return _decode_json(data)
    if content == Content.MSGPACK:
        return _decode_msgpack(data)
    raise ProtocolError("CONT-005", f"there is no content {content}")


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("CONT-003", "text that is not UTF-8") from None


def _decode_msgpack(data: bytes) -> Any:
    try:
        value, end = unpack(data, _BOUNDS)
    except PackingError as error:
        raise ProtocolError("CONT-004" if error.excess else "CONT-003", f"MessagePack: {error}") from None
    if end != len(data):
        raise ProtocolError("CONT-003", "there are octets behind the value")
    return value


def _decode_json(data: bytes) -> Any:
    text = _utf8(data)
    _count_json(data)
    try:
        value = _JSON.decode(text)
        if _HALF_OF_A_PAIR.search(data):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise ProtocolError("CONT-003", "JSON that does not parse, or with a string that is not well-formed") from None
    return value


def _count_json(data: bytes) -> None:
    """CONT-004 for JSON, before memory is taken. Where there are few brackets and commas nothing can be beyond a limit."""
    brackets = data.count(b"[") + data.count(b"{")
    if brackets <= CONTENT_DEPTH and data.count(b",") < CONTENT_MAP_ENTRIES:
        return
    bare = _JSON_STRING.sub(b"", data) if b'"' in data else data
    if bare.count(b"[") + bare.count(b"{") > CONTENT_CONTAINERS:
        raise ProtocolError("CONT-004", "JSON that has too many arrays and maps")
    commas: list[int] = []
    for match in _JSON_TOKEN.finditer(bare.translate(None, _NO_STRUCTURE)):
        token = match.group()
        if token in (b"[", b"{"):
            commas.append(0 if token == b"[" else CONTENT_ARRAY_ENTRIES - CONTENT_MAP_ENTRIES)
            if len(commas) > CONTENT_DEPTH:
                raise ProtocolError("CONT-004", "JSON that is nested too deep")
        elif commas and token[0] == 0x2C:
            commas[-1] += len(token)
            if commas[-1] >= CONTENT_ARRAY_ENTRIES:
                raise ProtocolError("CONT-004", "an array or map of JSON has too many entries")
        elif commas:
            commas.pop()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if "__proto__" in result:
        raise ProtocolError("CONT-004", "the key __proto__")
    return result


def _constant(_text: str) -> Any:
    raise ValueError("not JSON")


def _integer(text: str) -> int | float:
    """An integer beyond 2^53-1 is the number nearest to it, as JSON's numbers are for everybody else."""
    value = int(text) if len(text) < 20 else float(text)
    return _float(text) if abs(value) > MAX_SAFE_INTEGER else int(value)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ProtocolError("CONT-003", "a number that is not finite")
    return value


_JSON = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
)


def canonical_json(value: Any) -> str:
    """RFC 8785, with octets as base64 (KEY-002)."""
    if isinstance(value, bytes):
        return json.dumps(base64.b64encode(value).decode("ascii"))
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(entry) for entry in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{canonical_json(value[key])}" for key in keys) + "}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _ecmascript_number(value)
    return json.dumps(value, ensure_ascii=False)


def _ecmascript_number(value: int | float) -> str:
    """A number as ECMAScript writes it, which RFC 8785 asks for: the same shortest digits as Python's, laid out otherwise."""
    if value == int(value) and abs(value) <= MAX_SAFE_INTEGER:
        return str(int(value))
    mantissa, _, exponent = repr(float(value)).partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    power = int(exponent)
    sign = "-" if value < 0 else ""
    digits = mantissa.lstrip("-").removesuffix(".0").replace(".", "")
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    if 0 < power < 21:
        return sign + digits.ljust(power + 1, "0")
    return f"{mantissa.removesuffix('.0')}e{'+' if power > 0 else '-'}{abs(power)}"


def fingerprint(tool: str, arguments: Any) -> str:
    """KEY-002: what makes two calls the same."""
    shown = "" if arguments is ABSENT else canonical_json(plain(arguments)[0])
    return hashlib.sha256(f"{tool}\n{shown}".encode("utf-8")).hexdigest()
