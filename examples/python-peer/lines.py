"""Lines of JSON on standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, AsyncIterator

from turnmux.journal import value_of_json, value_to_json

_LONGEST_LINE = 64 * 1024 * 1024
_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


async def lines() -> AsyncIterator[str]:
    """The lines of the standard input, until it ends."""
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode("utf-8")


def say(message: dict[str, Any]) -> None:
    """Prints one line."""
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def value_of_line(value: Any) -> Any:
    """A value on a line: octets and numbers that JSON has not are written as objects."""
    return _numbers(value_of_json(value))


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    if isinstance(value, dict):
        if list(value) == ["$number"]:
            return _NUMBERS[value["$number"]]
        return {key: _numbers(entry) for key, entry in value.items()}
    return value


value_to_line = value_to_json
