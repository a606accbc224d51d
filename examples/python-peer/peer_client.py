"""A client under test: many sessions in one process, driven by lines of JSON."""

from __future__ import annotations

import asyncio
import functools
import json
import os
from pathlib import Path
from typing import Any, AsyncIterator, Callable

from lines import lines, say, value_of_line, value_to_line
from services import Counters, Services
from turnmux.client import Client, Options
from turnmux.content import ABSENT
from turnmux.events import Accepted, Ending
from turnmux.journal import Journal
from turnmux.keyed import KeyedCalls
from turnmux.limits import Limits
from turnmux.outgoing import OutgoingCall, Request
from turnmux.proof import Credential
from turnmux.tools import Registry
from turnmux.wire import Message


class _CallEvents:
    """Prints what becomes of one call."""

    def __init__(self, session: str, call_id: str) -> None:
        self._where = {"session": session, "id": call_id}

    def accepted(self, accepted: Accepted) -> None:
        """ACCEPT."""
        say({"event": "accept", **self._where, "state": accepted.state})

    def progress(self, value: Any) -> None:
        """A progress report."""
        say({"event": "progress", **self._where, **_member(value)})

    def item(self, value: Any) -> None:
        """An item was taken."""
        say({"event": "item", **self._where, **_member(value)})

    def ended(self, ending: Ending) -> None:
        """The call is over."""
        error = ending.error
        if error is None:
            say({"event": "end", **self._where, "ok": True, **_member(ending.value)})
            return
        told = {"code": error.code, "outcome": error.outcome, "message": error.message, "retryable": error.retryable}
        say({"event": "end", **self._where, "ok": False, **told})


def _member(value: Any) -> dict[str, Any]:
    return {} if value is ABSENT else {"value": value_to_line(value)}


@functools.cache
def _tools(folder: str | None) -> tuple[Registry, KeyedCalls]:
    """The tools, the journal and the counters of a folder, which all sessions of the process share (KEY-001)."""
    where = None if folder is None else Path(folder)
    registry = Registry(journal=True)
    journal = Journal(None if where is None else where / "journal.jsonl")
    Services(Counters(where), journal).register(registry)
    return registry, KeyedCalls(journal)


class _Session:
    """One session, by the name that the suite gave it."""

    def __init__(self, name: str, line: dict[str, Any]) -> None:
        self.name = name
        self._calls: dict[str, OutgoingCall] = {}
        self._cancelled: set[str] = set()
        self._waiting: list[Callable[[], None]] | None = []
        tools = _tools(line.get("journalFolder"))
        options = Options(
            os.environ["TURNMUX_TEST_URL"] + line.get("path", "/"),
            line.get("carriage", "binary"),
            _credential(line.get("auth")),
            Limits.named(line.get("limits")),
            line.get("reconnect", True),
            line.get("shared", False),
            line.get("audience", []),
        )
        self.client = Client(options, *tools, self)
        self.task = asyncio.ensure_future(self.client.run())

    # What the client says.

    def opened(self, session_id: str, resumed: bool) -> None:
        """The session stands."""
        say({"event": "open", "session": self.name, "id": session_id, "resumed": resumed})
        waiting, self._waiting = self._waiting, None
        if waiting:
            asyncio.get_running_loop().call_soon(self._catch_up, waiting)

    def _catch_up(self, waiting: list[Callable[[], None]]) -> None:
        for line in waiting:
            line()

    def offered(self, tools: list[str]) -> None:
        """What the gateway offers."""
        say({"event": "offer", "session": self.name, "tools": tools})

    def host(self, message: Message) -> None:
        """A message of the host."""
        if isinstance(message, str):
            say({"event": "host", "session": self.name, "text": message})

    def lost(self) -> None:
        """The channel is gone."""
        say({"event": "lost", "session": self.name})

    def closed(self, code: str, message: str) -> None:
        """The session is over."""
        say({"event": "closed", "session": self.name, "code": code, "message": message})

    # What the suite says.

    def take(self, line: dict[str, Any]) -> None:
        """One line. Those for a session that does not stand yet wait, but two hold at once."""
        what = line["do"]
        if what == "close":
            self.client.close()
        elif what == "cancel":
            self._cancel(line["id"])
        elif self._waiting is not None and not (what == "host"):
            self._waiting.append(lambda: self._do(line))
        else:
            self._do(line)

    def _do(self, line: dict[str, Any]) -> None:
        what = line["do"]
        if what == "call":
            self._call(line)
        elif what == "read":
            self._calls[line["id"]].want(line["items"])
        elif what == "leave":
            self.client.caller.leave(self._calls[line["id"]])
        elif what == "host":
            text = line["text"]
            asyncio.ensure_future(self.client.send_host(fragments() if text == "fragments" else text))

    def _call(self, line: dict[str, Any]) -> None:
        request = Request(
            line["tool"],
            value_of_line(line["input"]) if "input" in line else ABSENT,
            line.get("key"),
            line.get("timeoutMs"),
            line.get("acceptTimeoutMs"),
            line.get("priority", "normal"),
            line.get("turn"),
            0 if line.get("manual") else None,
        )
        call = self.client.caller.call(request, _CallEvents(self.name, line["id"]))
        self._calls[line["id"]] = call
        if line["id"] in self._cancelled:
            self.client.caller.cancel(call)

    def _cancel(self, call_id: str) -> None:
        call = self._calls.get(call_id)
        if call is None:
            self._cancelled.add(call_id)
        else:
            self.client.caller.cancel(call)


async def fragments() -> AsyncIterator[str]:
    """The message of the host that comes in two fragments."""
    yield "host-frag"
    await asyncio.sleep(0.05)
    yield "mented"


def _credential(auth: dict[str, Any] | None) -> Credential | None:
    if auth is None:
        return None
    return Credential(auth["method"], auth["keyId"], auth.get("secret", ""), bytes.fromhex(auth.get("seed", "")))


_KNOWN = frozenset({"connect", "call", "read", "cancel", "leave", "host", "close"})


async def run_client() -> int:
    """Takes lines until the input ends."""
    say({"ready": {"carriages": ["binary", "text", "wrapped"], "shared": True}})
    sessions: dict[str, _Session] = {}
    async for text in lines():
        try:
            line = json.loads(text)
            if line["do"] not in _KNOWN:
                raise ValueError(f"there is nothing to do called {line['do']!r}")
            if line["do"] == "connect":
                sessions[line["session"]] = _Session(line["session"], line)
            else:
                sessions[line["session"]].take(line)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            say({"event": "error", "message": f"a line could not be understood: {error!r}"})
    os._exit(0)
