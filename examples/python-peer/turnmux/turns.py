"""Calls that take the lane of their session, and the turns that run at its client (LANE-002, LANE-003, LANE-007, LANE-008)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

from .errors import CallError, ToolError
from .events import Ending
from .lanes import RETRY_AFTER_MS, Lanes, Turn
from .schema import Schema
from .tools import HandlerContext, Tool

if TYPE_CHECKING:
    from .incoming import IncomingCall

_QUEUED = 1
_STRING: Schema = {"type": "string", "minLength": 1}


class TurnsOfSession:
    """What one session of a gateway has to do with lanes."""

    def __init__(self, lanes: Lanes, session_id: str, principal: str, owner_ms: int, most: int) -> None:
        self._lanes = lanes
        self._session_id = session_id
        self._principal = principal
        self._owner_ms = owner_ms
        self._most = most
        """Turns that may run at the client."""
        self._begun: dict[str, tuple[Turn, str]] = {}
        """Turns of the client, by lineage, with the identifiers of the calls that began them."""
        self._away = False
        self._timer: asyncio.TimerHandle | None = None

    def take(self, call: IncomingCall, value: Any, deadline_ms: int | None, go: Callable[[], None]) -> CallError | None:
        """LANE-007: runs a call once it has the lane, or gives why it never will."""
        begins = call.tool is BEGIN
        if begins and len(self._begun) >= self._most:
            return CallError("resource_exhausted", "not_started", "too many turns run", retry_after_ms=RETRY_AFTER_MS)
        opening = call.opening
        name = value["turn"] if begins else opening.turn or opening.call_id

        def told(turn: Turn) -> None:
            if call.over:
                return
            if turn.state == "waiting":
                behind, place = self._lanes.standing(turn)
                call.accept(_QUEUED, f"it waits behind the turn {behind}", deadline_ms, place)
                return
            call.turn = turn
            if not begins:
                go()
                return
            self._begun[turn.lineage] = turn, opening.call_id
            call.turn = None
            call.end(Ending({"lineage": turn.lineage}))
            self._watch_owner()

        asked = self._lanes.ask(self._session_id, name, self._principal, opening.lineage, told)
        if isinstance(asked, CallError):
            return asked
        if asked.state == "waiting":
            call.turn = asked
        return None

    def leave(self, call: IncomingCall) -> None:
        """The call waits no more, or is over and its handler has ended."""
        if call.turn is not None:
            self._lanes.leave(call.turn)
            call.turn = None

    def end(self, lineage: str | None, call_id: str | None) -> bool:
        """LANE-003."""
        for own, (turn, began) in list(self._begun.items()):
            if own == lineage or began == call_id:
                del self._begun[own]
                self._lanes.leave(turn)
                return True
        return False

    def away(self, is_away: bool) -> None:
        """LANE-008: the session has no channel, or has one again."""
        self._away = is_away
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._watch_owner()

    def over(self) -> None:
        """LANE-008: the session is over, and the turns of its client with it."""
        self.away(False)
        for turn, _ in self._begun.values():
            self._lanes.leave(turn)
        self._begun.clear()

    def _watch_owner(self) -> None:
        if self._away and self._begun and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._owner_ms / 1000, self._owner_is_gone)

    def _owner_is_gone(self) -> None:
        self._timer = None
        for turn, _ in self._begun.values():
            self._lanes.leave(turn)
        self._begun.clear()


async def _never(_value: Any, _context: HandlerContext) -> Any:
    raise AssertionError("the call ends when it has the lane")


async def _end(value: Any, context: HandlerContext) -> Any:
    lineage, call_id = value.get("lineage"), value.get("callId")
    if (lineage is None) == (call_id is None):
        raise ToolError("invalid_argument", "either lineage or callId says which turn is meant")
    turns = context.session.dispatcher.turns
    return {"ended": turns.end(lineage, call_id)}


BEGIN = Tool(
    "turnmux.turn.begin",
    "idempotent",
    _never,
    "",
    input={"type": "object", "properties": {"turn": _STRING}, "required": ["turn"]},
    lane=True,
)
END = Tool(
    "turnmux.turn.end",
    "idempotent",
    _end,
    "",
    input={"type": "object", "properties": {"lineage": {"type": "string"}, "callId": {"type": "string"}}},
)
TURN_TOOLS = {tool.name: tool for tool in (BEGIN, END)}
"""Of gateways alone."""
