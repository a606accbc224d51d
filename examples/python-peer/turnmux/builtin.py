"""The built-in tools (TOOL-004 to TOOL-006), which are there without being offered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .content import ABSENT
from .errors import ToolError
from .journal import Record
from .tools import HandlerContext, Tool

if TYPE_CHECKING:
    from .dispatch import Dispatcher
    from .incoming import IncomingCall

_STATES = {"queued": "queued", "running": "running", "joined": "joined", "waiting": "waiting", "replayed": "running"}


def _dispatcher(context: HandlerContext) -> Dispatcher:
    return context.session.dispatcher


async def _describe(value: Any, context: HandlerContext) -> Any:
    dispatcher = _dispatcher(context)
    wanted = None if value is ABSENT else value.get("tools")
    tools = [tool for tool in dispatcher.registry.tools.values() if dispatcher.allows(tool)]
    return {"tools": [_described(tool) for tool in tools if wanted is None or tool.name in wanted]}


def _described(tool: Tool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "effect": tool.effect,
        "streams": tool.streams,
        "revision": tool.revision,
        "verify": tool.verify,
        "input": tool.input,
        "output": tool.output,
        "item": tool.item,
        "progress": tool.progress,
    }
    return {name: part for name, part in described.items() if part is not None}


async def _outcome(value: Any, context: HandlerContext) -> Any:
    dispatcher = _dispatcher(context)
    key, call_id = value.get("key"), value.get("callId")
    if (key is None) == (call_id is None):
        raise ToolError("invalid_argument", "either key or callId says which call is meant")
    who, keyed = dispatcher.principal, dispatcher.keyed
    record = None if keyed is None else keyed.find_running(who, key, call_id)
    if record is not None:
        return _recorded(dispatcher, record, "running")
    record = None if keyed is None else keyed.find_settled(who, key, call_id)
    if keyed is not None and record is not None:
        _check(dispatcher, record.tool)
        tool = dispatcher.registry.tools.get(record.tool)
        if record.ending is None and tool is not None and tool.find_out is not None:
            keyed.find_out(tool, record)
            record = keyed.find_settled(who, key, call_id)
            if record is None:
                return {"state": "none"}
        return _recorded(dispatcher, record, "abandoned" if record.ending is None else "settled")
    for call in context.session.calls_of_principal():
        if call_id is not None and call.call_id == call_id:
            _check(dispatcher, call.opening.tool)
            return {"state": "running", "tool": call.opening.tool, "callId": call_id}
    return {"state": "none"}


def _check(dispatcher: Dispatcher, name: str) -> None:
    tool = dispatcher.registry.tools.get(name)
    if tool is not None and not dispatcher.allows(tool):
        raise ToolError("permission_denied", "the scopes do not allow the tool of this call")


def _recorded(dispatcher: Dispatcher, record: Record, state: str) -> dict[str, Any]:
    _check(dispatcher, record.tool)
    known: dict[str, Any] = {
        "state": state,
        "tool": record.tool,
        "callId": record.call_id,
        "key": record.key,
        "claimedAtMs": record.claimed_at_ms,
        "settledAtMs": record.settled_at_ms,
    }
    ending = record.ending
    if ending is not None and ending.error is None:
        known |= {"code": "ok", "outcome": "completed", "result": ending.value}
    elif ending is not None and ending.error is not None:
        error = ending.error
        known |= {
            "code": error.code, "outcome": error.outcome, "message": error.message, "retryable": error.retryable,
        }  # fmt: skip
    return {name: part for name, part in known.items() if part is not None and part is not ABSENT}


async def _calls(_value: Any, context: HandlerContext) -> Any:
    dispatcher = _dispatcher(context)
    calls = []
    for call in context.session.calls_of_principal():
        tool = dispatcher.registry.tools.get(call.opening.tool)
        if tool is not None and dispatcher.allows(tool):
            calls.append(_shown(call))
    return {"calls": calls}


def _shown(call: IncomingCall) -> dict[str, Any]:
    now = time.monotonic()
    shown: dict[str, Any] = {
        "callId": call.call_id,
        "tool": call.opening.tool,
        "key": call.opening.key,
        "turn": call.opening.turn,
        "state": _STATES[call.state],
        "sinceMs": int((now - call.since) * 1000),
        "deadlineMs": None if call.deadline is None else max(0, int((call.deadline - now) * 1000)),
    }
    return {name: part for name, part in shown.items() if part is not None}


_OBJECT = {"type": "object"}
_STRING = {"type": "string"}

BUILT_IN: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "turnmux.describe",
            "read",
            _describe,
            "",
            input={"type": "object", "properties": {"tools": {"type": "array", "items": _STRING}}},
        ),
        Tool(
            "turnmux.outcome",
            "read",
            _outcome,
            "",
            input={"type": "object", "properties": {"key": _STRING, "callId": _STRING}},
        ),
        Tool("turnmux.calls", "read", _calls, "", input=_OBJECT),
    )
}
