"""The journal of calls of `once` tools, in a file that outlives the process (section 7, "Keys")."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .appended import AppendedLines
from .content import ABSENT
from .errors import CallError
from .events import Ending


class JournalRefused(Exception):
    """The journal does not take what it is given."""


@dataclass
class Record:
    """What is known of a call: claimed, and settled where there is an ending."""

    principal: str
    key: str
    tool: str
    fingerprint: str
    call_id: str
    claimed_at_ms: int
    arguments: Any = None
    """As `value_to_json` has them: what became of the call may be found out by them (KEY-008)."""
    ending: Ending | None = None
    settled_at_ms: int | None = None


class Journal:
    """Records by principal and key (KEY-001), whatever the session. Without a path it is in memory."""

    def __init__(self, path: Path | None) -> None:
        self._records: dict[tuple[str, str], Record] = {}
        self._lines = None if path is None else AppendedLines(path)
        self.refuses: str = "nothing"
        """For tests of KEY-009: "claims", "endings" or "nothing"."""
        for line in self._lines.found if self._lines is not None else ():
            self._replay(line)

    def find(self, principal: str, key: str) -> Record | None:
        """What is recorded under a key."""
        return self._records.get((principal, key))

    def find_call(self, principal: str, call_id: str) -> Record | None:
        """What is recorded of a call."""
        for record in self._records.values():
            if record.principal == principal and record.call_id == call_id:
                return record
        return None

    def claim(
        self, principal: str, key: str, tool: str, fingerprint: str, call_id: str, arguments: Any
    ) -> Record:
        """CALL-002: records that the call runs, before anybody hears of it."""
        if self.refuses == "claims":
            raise JournalRefused
        at = int(time.time() * 1000)
        claim = [principal, key, tool, fingerprint, call_id, at, None if arguments is ABSENT else value_to_json(arguments)]
        self._write({"claim": claim})
        record = Record(*claim)
        self._records[principal, key] = record
        return record

    def settle(self, record: Record, ending: Ending) -> None:
        """KEY-004: records an ending that is to be replayed."""
        if self.refuses == "endings":
            raise JournalRefused
        at = int(time.time() * 1000)
        self._write({"settle": [record.principal, record.key, at, _ending_to_json(ending)]})
        record.ending, record.settled_at_ms = ending, at

    def free(self, record: Record) -> None:
        """KEY-004: the key may be used again."""
        if self.refuses == "endings":
            raise JournalRefused
        self._write({"free": [record.principal, record.key]})
        self._records.pop((record.principal, record.key), None)

    def close(self) -> None:
        """Closes the file."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def _write(self, line: dict[str, Any]) -> None:
        if self._lines is not None:
            self._lines.append(line)

    def _replay(self, line: dict[str, Any]) -> None:
        if "claim" in line:
            record = Record(*line["claim"])
            self._records[record.principal, record.key] = record
        elif "settle" in line:
            principal, key, at, ending = line["settle"]
            record = self._records[principal, key]
            record.ending, record.settled_at_ms = _ending_of_json(ending), at
        elif "free" in line:
            self._records.pop(tuple(line["free"]), None)


def value_to_json(value: Any) -> Any:
    """A value as JSON, octets as `{"$bytes": base64}`."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, list):
        return [value_to_json(entry) for entry in value]
    return {key: value_to_json(entry) for key, entry in value.items()} if isinstance(value, dict) else value


def value_of_json(value: Any) -> Any:
    """The value that `value_to_json` wrote."""
    if isinstance(value, list):
        return [value_of_json(entry) for entry in value]
    if isinstance(value, dict):
        if list(value) == ["$bytes"]:
            return base64.b64decode(value["$bytes"])
        return {key: value_of_json(entry) for key, entry in value.items()}
    return value


def _ending_to_json(ending: Ending) -> dict[str, Any]:
    error = ending.error
    if error is None:
        return {} if ending.value is ABSENT else {"value": value_to_json(ending.value)}
    return {"error": [error.code, error.outcome, error.message, error.retryable]}


def _ending_of_json(shown: dict[str, Any]) -> Ending:
    if "error" not in shown:
        return Ending(value_of_json(shown["value"]) if "value" in shown else ABSENT)
    code, outcome, message, retryable = shown["error"]
    return Ending(error=CallError(code, outcome, message, retryable=retryable))
