"""A file of lines of JSON that is only appended to, and outlives the process that writes it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class AppendedLines:
    """Reads what is there, and appends. Each line is one system call and is not forced to the disk."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            # A line that a crash cut off was not answered for; what is appended must not go on with it.
            os.ftruncate(self._file, whole)
        self.found: list[Any] = [json.loads(line) for line in data[:whole].splitlines()]
        """The lines that were there."""

    def append(self, line: Any) -> None:
        """Writes one line."""
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)
