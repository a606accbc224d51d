"""MessagePack, strictly: headers (FRAME-008) and contents (CONT-003, CONT-004) take less of it than there is.

A first walk over the octets checks them and counts what is there, before memory is taken for it, which no hook of the
`msgpack` package allows. That package makes the values then.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import msgpack

from .limits import MAX_SAFE_INTEGER


class PackingError(ValueError):
    """Octets that are not taken. `excess`: they are well-formed, but there is too much of something."""

    def __init__(self, message: str, *, excess: bool = False) -> None:
        super().__init__(message)
        self.excess = excess


@dataclass(frozen=True)
class Bounds:
    """How much a value may hold."""

    depth: int
    map_entries: int
    array_entries: int
    containers: int
    """Arrays, maps and octets, all together."""
    float_32: bool = True
    """Whether MessagePack's float 32 is taken, which a header may not have (FRAME-008)."""


_FIXED: dict[int, str] = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_LENGTHS: dict[int, tuple[str, int]] = {
    0xC4: ("bytes", 1), 0xC5: ("bytes", 2), 0xC6: ("bytes", 4),
    0xD9: ("str", 1), 0xDA: ("str", 2), 0xDB: ("str", 4),
    0xDC: ("array", 2), 0xDD: ("array", 4), 0xDE: ("map", 2), 0xDF: ("map", 4),
}  # fmt: skip


def unpack(data: bytes, bounds: Bounds) -> tuple[Any, int]:
    """The value at the front of `data`, and where it ends."""
    end = _Walk(data, bounds).walk()
    try:
        return msgpack.unpackb(data[:end], raw=False, strict_map_key=True), end
    except UnicodeDecodeError:
        raise PackingError("a string is not UTF-8") from None


class _Walk:
    """Goes over one value without making it."""

    def __init__(self, data: bytes, bounds: Bounds) -> None:
        self._data = data
        self._bounds = bounds
        self._containers = 0
        self._left = [1]
        """Values that are still to come, of the value as a whole and of each array and map around the next one."""
        self._maps = [False]

    def walk(self) -> int:
        """Gives where the value ends. What is short and may come very often is dealt with here."""
        data, left, maps, size, at = self._data, self._left, self._maps, len(self._data), 0
        most, depth = self._bounds.containers, self._bounds.depth
        while left:
            if left[-1] == 0:
                left.pop()
                maps.pop()
                continue
            is_key = maps[-1] and left[-1] % 2 == 0
            left[-1] -= 1
            if at >= size:
                raise PackingError("the value is cut off")
            first = data[at]
            at += 1
            if is_key:
                at = self._key(first, at)
            elif first <= 0x7F or first >= 0xE0:
                continue
            elif first == 0xC4 and at < size:
                self._containers += 1
                at += 1 + data[at]
                if self._containers > most:
                    raise _TOO_MANY
            elif first in (0x80, 0x90) and len(left) <= depth:
                self._containers += 1
                if self._containers > most:
                    raise _TOO_MANY
            else:
                at = self._value(first, at)
        if at > size:
            raise PackingError("the value is cut off")
        return at

    def _key(self, first: int, at: int) -> int:
        kind, length, at = self._length(first, at)
        if kind != "str":
            raise PackingError("a key is not a string")
        if self._data[at : at + length] == b"__proto__":
            raise PackingError("the key __proto__", excess=True)
        return at + length

    def _value(self, first: int, at: int) -> int:
        if first in (0xC0, 0xC2, 0xC3):
            return at
        if first in _FIXED:
            return self._number(first, at)
        kind, length, at = self._length(first, at)
        if kind == "str":
            return at + length
        self._containers += 1
        if self._containers > self._bounds.containers:
            raise _TOO_MANY
        if kind == "bytes":
            return at + length
        if len(self._left) > self._bounds.depth:
            raise PackingError("nested too deep", excess=True)
        if length > (self._bounds.map_entries if kind == "map" else self._bounds.array_entries):
            raise PackingError(f"the {kind} has too many entries", excess=True)
        self._left.append(2 * length if kind == "map" else length)
        self._maps.append(kind == "map")
        return at

    def _length(self, first: int, at: int) -> tuple[str, int, int]:
        """The kind and the length of what `first` begins, and where it goes on."""
        if 0xA0 <= first <= 0xBF:
            return "str", first & 0x1F, at
        if 0x90 <= first <= 0x9F:
            return "array", first & 0x0F, at
        if 0x80 <= first <= 0x8F:
            return "map", first & 0x0F, at
        if first not in _LENGTHS:
            raise PackingError(f"the type {first:02x} of MessagePack is not taken here")
        kind, octets = _LENGTHS[first]
        return kind, int.from_bytes(self._next(at, octets), "big"), at + octets

    def _number(self, first: int, at: int) -> int:
        if first == 0xCA and not self._bounds.float_32:
            raise PackingError("a float 32 is not taken here")
        layout = _FIXED[first]
        octets = struct.calcsize(layout)
        value = struct.unpack(layout, self._next(at, octets))[0]
        if isinstance(value, int):
            if abs(value) > MAX_SAFE_INTEGER:
                raise PackingError("an integer is beyond 2^53-1")
        elif not math.isfinite(value):
            raise PackingError("a number is not finite")
        return at + octets

    def _next(self, at: int, octets: int) -> bytes:
        if at + octets > len(self._data):
            raise PackingError("the value is cut off")
        return self._data[at : at + octets]


_TOO_MANY = PackingError("too many arrays, maps and octets", excess=True)
