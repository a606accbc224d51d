"""The tools `test.*` that an implementation under test offers (section 15 of the specification)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from turnmux.appended import AppendedLines
from turnmux.caller import absent_or
from turnmux.content import ABSENT
from turnmux.errors import CODE_NAMES, OUTCOME_NAMES, ToolError
from turnmux.journal import Journal
from turnmux.events import Accepted, Ending
from turnmux.outgoing import OutgoingCall, Request
from turnmux.schema import Schema
from turnmux.standing import StandingSession, told
from turnmux.tools import Aborted, HandlerContext, Registry, Tool, pause

_PRIVATE = "private detail of the handler"
_NUMBER: Schema = {"type": "number", "minimum": 0}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_STRING: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required}


class Counters:
    """Named counters, in a file of their own where there is a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._values: dict[str, int] = {}
        self._runs: dict[str, int] = {}
        self._lines: AppendedLines | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._lines = AppendedLines(folder / "counters.jsonl")
            for counter, by in self._lines.found:
                self._add(counter, by)

    def add(self, counter: str, by: int) -> int:
        """Adds to a counter, on disk first."""
        if self._lines is not None:
            self._lines.append([counter, by])
        return self._add(counter, by)

    def _add(self, counter: str, by: int) -> int:
        self._values[counter] = self._values.get(counter, 0) + by
        self._runs[counter] = self._runs.get(counter, 0) + 1
        return self._values[counter]

    def read(self, counter: str) -> dict[str, int]:
        """A counter, and how often it was added to."""
        return {"value": self._values.get(counter, 0), "runs": self._runs.get(counter, 0)}


class Services:
    """The tools that a client under test offers too."""

    def __init__(self, counters: Counters, journal: Journal) -> None:
        self._counters = counters
        self._journal = journal

    def register(self, registry: Registry) -> None:
        """Puts the tools into a registry."""
        ways: Schema = {"enum": ["error", "throw", "result", "hang"]}
        failing = _object(["how"], how=ways, code=_COUNT, outcome=_COUNT, message=_STRING)
        counted = _object(["value", "runs"], value=_COUNT, runs=_COUNT)
        waiting = _object(["ms"], ms=_NUMBER)
        for tool in (
            Tool(
                "test.echo", "read", self._echo, "test",
                "Gives back what it was given, whatever that is, and nothing where it was given nothing.",
            ),
            Tool(
                "test.count", "once", self._count, "test",
                "Adds to a counter, once for each key, and has that on disk before it goes on.",
                input=_object(["counter"], counter=_STRING, by=_COUNT, holdMs=_NUMBER, mark={}),
                output=_object(["value"], value=_COUNT), verify="test.counted",
            ),
            Tool(
                "test.counted", "read", self._counted, "test",
                "Reads a counter, and how often something was added to it.",
                input=_object(["counter"], counter=_STRING), output=counted,
            ),
            Tool(
                "test.slow", "read", self._slow, "test",
                "Takes its time, and reports progress when it starts.",
                input=_object(["ms"], ms=_NUMBER, progress=_COUNT, stubborn=_FLAG, wrong=_FLAG),
                output={"const": "done"}, progress=_object(["n"], n=_COUNT),
            ),
            Tool(
                "test.stream", "read", self._stream, "test",
                "Sends as many items as it is asked for, or without an end.", streams=True,
                input=_object(["items"], items=_COUNT, size=_COUNT, endless=_FLAG, wrong=_FLAG),
                output=_object(["items"], items=_COUNT), item=_object(["n", "pad"], n=_COUNT, pad=_STRING),
            ),
            Tool(
                "test.countAgain", "once", self._count_again, "test",
                "Adds to a counter that is at 0, and may run again where its process died.",
                input=_object(["counter"], counter=_STRING, holdMs=_NUMBER),
                output=_object(["value"], value=_COUNT), rerun_is_safe=True,
            ),
            Tool(
                "test.countFound", "once", self._count, "test",
                "Adds to a counter, and finds out by another one what became of it.",
                input=_object(["counter"], counter=_STRING, holdMs=_NUMBER),
                output=_object(["value"], value=_COUNT), find_out=self._found,
            ),
            Tool(
                "test.fail", "read", self._fail, "test", "Fails as it is asked to.",
                input=failing, output=_STRING,
            ),
            Tool(
                "test.failOnce", "once", self._fail, "test", "Fails as it is asked to.",
                input=failing, output=_STRING,
            ),
            Tool(
                "test.single", "read", self._wait, "test", "Takes its time, one call at a time.",
                input=waiting, max_concurrent=1,
            ),
            Tool(
                "test.short", "read", self._wait, "test",
                "Takes its time, of which it has little.", input=waiting,
                default_deadline_ms=100, max_deadline_ms=300,
            ),
            Tool("test.nan", "read", self._nan, "test", "Returns what no content has."),
            Tool(
                "test.journal", "idempotent", self._refuse, "test",
                "Makes the journal refuse claims, or endings, or nothing any more.",
                input=_object(["refuse"], refuse={"enum": ["claims", "endings", "nothing"]}),
            ),
        ):  # fmt: skip
            registry.register(tool)

    async def _echo(self, value: Any, _context: HandlerContext) -> Any:
        return value

    async def _count(self, value: Any, context: HandlerContext) -> Any:
        counted = self._counters.add(value["counter"], int(value.get("by", 1)))
        if value.get("holdMs", 0) > 0:
            await pause(context, value["holdMs"])
        return {"value": counted}

    async def _count_again(self, value: Any, context: HandlerContext) -> Any:
        if self._counters.read(value["counter"])["value"] != 0:
            raise ToolError("failed_precondition", "the counter is not at 0", outcome="failed")
        return await self._count(value, context)

    def _found(self, value: Any) -> tuple[str, Any]:
        found = self._counters.read(f"{value['counter']}.found")["value"]
        if found == 1:
            return "completed", {"value": self._counters.read(value["counter"])["value"]}
        return "not_started" if found == 2 else "unknown", None

    async def _counted(self, value: Any, _context: HandlerContext) -> Any:
        return self._counters.read(value["counter"])

    async def _slow(self, value: Any, context: HandlerContext) -> Any:
        for n in range(1, int(value.get("progress", 0)) + 1):
            context.progress({"n": n})
        if value.get("wrong"):
            context.progress({"n": -1})
        if value.get("stubborn"):
            await asyncio.sleep(value["ms"] / 1000)
        else:
            await pause(context, value["ms"])
        return "done"

    async def _stream(self, value: Any, context: HandlerContext) -> Any:
        pad = "x" * int(value.get("size", 0))
        n = 0
        while n < value["items"] or value.get("endless"):
            if context.aborted.is_set():
                raise Aborted
            await context.item({"n": n, "pad": pad})
            n += 1
            if n % 64 == 0:
                await asyncio.sleep(0)
        if value.get("wrong"):
            await context.item({"n": -1, "pad": pad})
        return {"items": n}

    async def _fail(self, value: Any, context: HandlerContext) -> Any:
        if value["how"] == "error":
            code = CODE_NAMES.get(int(value.get("code", 9)), "unknown")
            outcome = OUTCOME_NAMES.get(int(value.get("outcome", 1)), "unknown")
            raise ToolError(code, value.get("message", "failed as asked"), outcome=outcome)
        if value["how"] == "throw":
            raise RuntimeError(_PRIVATE)
        if value["how"] == "result":
            return 7
        await context.aborted.wait()
        raise Aborted

    async def _wait(self, value: Any, context: HandlerContext) -> Any:
        await pause(context, value["ms"])
        return "done"

    async def _nan(self, _value: Any, _context: HandlerContext) -> Any:
        return float("nan")

    async def _refuse(self, value: Any, _context: HandlerContext) -> Any:
        self._journal.refuses = value["refuse"]
        return "refusing"


class GatewayServices:
    """The tools that a gateway alone offers."""

    def register(self, registry: Registry) -> None:
        """Puts the tools into a registry."""
        for tool in (
            Tool(
                "test.lane", "read", self._wait, "test", "Takes the lane of its session.",
                input=_object(["ms"], ms=_NUMBER), lane=True,
            ),
            Tool("test.secret", "read", self._secret, "test.secret", "Needs a scope of its own."),
            Tool(
                "test.call", "idempotent", self._call, "test", "Calls a tool of the client.",
                input=_object(["tool"], tool=_STRING),
            ),
            Tool("test.grant", "idempotent", self._grant, "test", "Changes the grant.", input=_object([])),
        ):  # fmt: skip
            registry.register(tool)

    async def _secret(self, _value: Any, _context: HandlerContext) -> Any:
        return "secret"

    async def _wait(self, value: Any, context: HandlerContext) -> Any:
        await pause(context, value["ms"])
        return "done"

    async def _call(self, value: Any, context: HandlerContext) -> Any:
        standing = told(context.session)
        take = value.get("take")
        listener = CallReport(standing, take)
        request = Request(
            value["tool"],
            absent_or(value, "input"),
            value.get("key"),
            value.get("timeoutMs"),
            value.get("acceptTimeoutMs"),
            turn=value.get("turn"),
            wanted_items=None if take is None else max(0, take),
        )
        listener.call = call = standing.caller.call(request, listener)
        if take == 0:
            standing.caller.leave(call)
        loop = asyncio.get_running_loop()
        if "cancelAfterMs" in value:
            loop.call_later(value["cancelAfterMs"] / 1000, standing.caller.cancel, call)
        aborted = asyncio.ensure_future(context.aborted.wait())
        await asyncio.wait({aborted, listener.over}, return_when=asyncio.FIRST_COMPLETED)
        aborted.cancel()
        if not listener.over.done():
            standing.caller.cancel(call)
            await listener.over
        return listener.report()

    async def _grant(self, value: Any, context: HandlerContext) -> Any:
        standing = told(context.session)

        def change() -> None:
            if "scopes" in value:
                standing.set_scopes(frozenset(value["scopes"]))
            if "expiresInMs" in value:
                standing.expire_in(value["expiresInMs"])
            if value.get("revoke"):
                standing.end("permission_denied", "the grant was revoked")

        standing.when_written(context.stream, change)
        return "granted"


class CallReport:
    """What became of a call that `test.call` made."""

    def __init__(self, standing: StandingSession, take: int | None) -> None:
        self.call: OutgoingCall | None = None
        self.over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._standing = standing
        self._take = take
        self._accepts: list[str] = []
        self._items: list[Any] = []

    def accepted(self, accepted: Accepted) -> None:
        """ACCEPT."""
        self._accepts.append(accepted.state)

    def progress(self, value: Any) -> None:
        """A progress report, which is not reported on."""

    def item(self, value: Any) -> None:
        """An item; behind the last that is wanted the loop is left."""
        self._items.append(value)
        if self._take is not None and len(self._items) >= self._take and self.call is not None:
            self._standing.caller.leave(self.call)

    def ended(self, ending: Ending) -> None:
        """The call is over."""
        if not self.over.done():
            self.over.set_result(ending)

    def report(self) -> dict[str, Any]:
        """The output of `test.call`."""
        ending = self.over.result()
        report: dict[str, Any] = {"accepts": self._accepts}
        if self._items:
            report["items"] = self._items
        error = ending.error
        if error is None:
            return {"ok": True, **report} | ({} if ending.value is ABSENT else {"value": ending.value})
        return {
            "ok": False,
            "code": error.code,
            "outcome": error.outcome,
            "message": error.message,
            "retryable": error.retryable,
            **report,
        }
