"""Codes and outcomes (section 7), and the exceptions of this implementation."""

from __future__ import annotations

from typing import Any

CODES: dict[str, int] = {
    "ok": 0,
    "cancelled": 1,
    "unknown": 2,
    "invalid_argument": 3,
    "deadline_exceeded": 4,
    "not_found": 5,
    "already_exists": 6,
    "permission_denied": 7,
    "resource_exhausted": 8,
    "failed_precondition": 9,
    "aborted": 10,
    "out_of_range": 11,
    "unimplemented": 12,
    "internal": 13,
    "unavailable": 14,
    "data_loss": 15,
    "unauthenticated": 16,
}
CODE_NAMES: dict[int, str] = {value: name for name, value in CODES.items()}

OUTCOMES: dict[str, int] = {"not_started": 0, "failed": 1, "completed": 2, "unknown": 3}
OUTCOME_NAMES: dict[int, str] = {value: name for name, value in OUTCOMES.items()}

RETRYABLE = frozenset({"resource_exhausted", "unavailable"})
"""Codes that are worth a repetition unless END says otherwise."""


class CallError(Exception):
    """A call that failed: what END says, by names. ERR-001: there is no failure without an outcome."""

    def __init__(
        self,
        code: str,
        outcome: str,
        message: str = "",
        *,
        retryable: bool | None = None,
        retry_after_ms: int | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(f"{code} ({outcome}): {message}")
        self.code = code
        self.outcome = outcome
        self.message = message
        self.retryable = code in RETRYABLE if retryable is None else retryable
        self.retry_after_ms = retry_after_ms
        self.details = details

    def with_outcome(self, outcome: str) -> CallError:
        """The same failure with another outcome."""
        return CallError(
            self.code,
            outcome,
            self.message,
            retryable=self.retryable,
            retry_after_ms=self.retry_after_ms,
            details=self.details,
        )


class ToolError(Exception):
    """What a handler raises to tell its caller something (ERR-002, ERR-003). Anything else stays in the log."""

    def __init__(self, code: str, message: str = "", *, outcome: str = "failed", details: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.outcome = outcome
        self.message = message
        self.details = details


_OUT_OF_TURN = frozenset(
    "CARR-003 CARR-004 FRAME-011 HAND-002 HAND-004 HAND-005 HAND-006 HAND-008 STREAM-002 STREAM-003 STREAM-004 "
    "CALL-017 DELIV-005 RESUME-004 FLOW-004".split()
)
_TOO_MUCH = frozenset(
    "FRAME-001 HAND-007 STREAM-010 FLOW-003 LIMIT-001 LIMIT-002 LIMIT-003 LIMIT-004 "
    "RATE-001 RATE-002 RATE-003 RATE-004".split()
)


def code_of_rule(requirement: str) -> str:
    """CHAN-009: the code that goes with a rule that was broken."""
    if requirement in _OUT_OF_TURN:
        return "failed_precondition"
    if requirement in _TOO_MUCH:
        return "resource_exhausted"
    return "data_loss" if requirement == "CARR-021" else "invalid_argument"


class ProtocolError(Exception):
    """The peer broke the rule `requirement` (CHAN-004). The message holds no values of the application (CHAN-005)."""

    def __init__(self, requirement: str, message: str) -> None:
        super().__init__(f"{message} [{requirement}]")
        self.requirement = requirement
        self.message = message
        self.code = code_of_rule(requirement)


class ValueRefused(ValueError):
    """A value that may not be sent (CONT-001, CONT-004), with the path to what is wrong with it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'the value'}: {why}")
        self.path = path
