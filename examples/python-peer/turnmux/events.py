"""What a session tells its two users: the side that calls, and the side that runs handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from .errors import CODE_NAMES, OUTCOME_NAMES, RETRYABLE, CallError
from .streams import Body, Stream

ACCEPT_STATES = ("running", "queued", "joined", "replayed", "waiting")


@dataclass(frozen=True)
class Opening:
    """An OPEN that came, with its names resolved."""

    tool: str
    call_id: str
    key: str | None
    deadline_ms: int | None
    priority: int
    content: int
    turn: str | None
    lineage: str | None
    trace: str | None
    meta: dict[str, str]


@dataclass(frozen=True)
class Accepted:
    """An ACCEPT that came."""

    state: str
    reason: str | None
    place: int | None
    deadline_ms: int | None


@dataclass(frozen=True)
class Ending:
    """How a call ended: a value, or an error."""

    value: Any = None
    error: CallError | None = None

    @staticmethod
    def of_end(header: list[Any], value: Any) -> Ending:
        """What END says. ERR-004: a code that is not known is read as `unknown`."""
        code, _content, message, outcome, retryable, retry_after_ms = header
        if code == 0:
            return Ending(value)
        name = CODE_NAMES.get(code, "unknown")
        return Ending(
            error=CallError(
                name,
                OUTCOME_NAMES[outcome],
                message or "",
                retryable=name in RETRYABLE if retryable is None else retryable,
                retry_after_ms=retry_after_ms,
                details=value,
            )
        )


class CallerEvents(Protocol):
    """For streams that this side opened."""

    def accepted(self, stream: Stream, accepted: Accepted) -> None:
        """ACCEPT."""

    def progress(self, stream: Stream, value: Any) -> None:
        """A progress report."""

    def item(self, stream: Stream, value: Any, octets: int) -> None:
        """An item; `Session.item_taken` is due once the application has it."""

    def ended(self, stream: Stream, ending: Ending) -> None:
        """END, or what stands for it."""

    def offered(self) -> None:
        """The peer's offer changed."""

    def peer_drains(self, last_stream: int) -> None:
        """GOAWAY with code 0."""


class ReceiverEvents(Protocol):
    """For streams that the peer opened."""

    def opening(self, stream: Stream, opening: Opening) -> None:
        """OPEN; the arguments may be on their way."""

    def arguments(self, stream: Stream, value: Any, octets: int) -> None:
        """All the arguments are there."""

    def refused(self, stream: Stream) -> None:
        """The session ended the call itself, ahead of its arguments."""

    def reset(self, stream: Stream, code: str) -> None:
        """RESET."""

    def written(self, stream: Stream, body: Body) -> None:
        """A body was handed to the carrier to its end."""
