"""A strict MessagePack reader: headers (FRAME-008) and contents (CONT-003, CONT-004) take less than MessagePack has.

The reader counts what is there before it takes memory for it, which the hooks of the `msgpack` package do not allow.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from .limits import MAX_SAFE_INTEGER


class PackingError(ValueError):
    """Octets that this reader does not take. `excess`: they are well-formed, but there is too much of something."""

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
    0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_LENGTHS: dict[int, tuple[str, str]] = {
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xD9: ("str", ">B"), 0xDA: ("str", ">H"), 0xDB: ("str", ">I"),
    0xDC: ("array", ">H"), 0xDD: ("array", ">I"), 0xDE: ("map", ">H"), 0xDF: ("map", ">I"),
}  # fmt: skip


class Reader:
    """Reads values from the front of `data`; `at` is where the next one starts."""

    def __init__(self, data: bytes, bounds: Bounds) -> None:
        self._data = data
        self._bounds = bounds
        self._containers = 0
        self.at = 0

    def read(self, depth: int = 0) -> Any:
        """The next value, which lies within `depth` arrays and maps."""
        first = self._take(1)[0]
        if first <= 0x7F:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first <= 0x8F:
            return self._map(first & 0x0F, depth)
        if first <= 0x9F:
            return self._array(first & 0x0F, depth)
        if first <= 0xBF:
            return self._text(first & 0x1F)
        if first in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[first]
        if first == 0xCA and self._bounds.float_32:
            return self._number(struct.unpack(">f", self._take(4))[0])
        if first in _FIXED:
            layout = _FIXED[first]
            return self._number(struct.unpack(layout, self._take(struct.calcsize(layout)))[0])
        if first not in _LENGTHS:
            raise PackingError(f"the type {first:02x} of MessagePack is not taken")
        kind, layout = _LENGTHS[first]
        length = struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        if kind == "bytes":
            self._count()
            return self._take(length)
        if kind == "str":
            return self._text(length)
        return self._array(length, depth) if kind == "array" else self._map(length, depth)

    def _take(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self._data):
            raise PackingError("the value is cut off")
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def _number(self, value: int | float) -> int | float:
        if isinstance(value, int):
            if abs(value) > MAX_SAFE_INTEGER:
                raise PackingError("an integer is beyond 2^53-1")
            return value
        if value != value or value in (float("inf"), float("-inf")):
            raise PackingError("a number is not finite")
        return value or 0

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise PackingError("a string is not UTF-8") from None

    def _count(self) -> None:
        self._containers += 1
        if self._containers > self._bounds.containers:
            raise PackingError("too many arrays, maps and octets", excess=True)

    def _enter(self, depth: int) -> int:
        self._count()
        if depth >= self._bounds.depth:
            raise PackingError("nested too deep", excess=True)
        return depth + 1

    def _array(self, length: int, depth: int) -> list[Any]:
        inside = self._enter(depth)
        if length > self._bounds.array_entries:
            raise PackingError("an array has too many entries", excess=True)
        if length > len(self._data) - self.at:
            raise PackingError("the value is cut off")
        return [self.read(inside) for _ in range(length)]

    def _map(self, length: int, depth: int) -> dict[str, Any]:
        inside = self._enter(depth)
        if length > self._bounds.map_entries:
            raise PackingError("a map has too many entries", excess=True)
        if 2 * length > len(self._data) - self.at:
            raise PackingError("the value is cut off")
        result: dict[str, Any] = {}
        for _ in range(length):
            key = self.read(inside)
            if not isinstance(key, str):
                raise PackingError("a key is not a string")
            if key == "__proto__":
                raise PackingError("the key __proto__", excess=True)
            result[key] = self.read(inside)
        return result
