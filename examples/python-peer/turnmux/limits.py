"""Every number of section 13, by the name that the specification gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, Mapping

from .errors import ProtocolError

KIB = 1024
MIB = 1024 * KIB

MAX_SAFE_INTEGER = 2**53 - 1
CONTENT_DEPTH = 64
CONTENT_MAP_ENTRIES = 10_000
CONTENT_ARRAY_ENTRIES = 1_000_000
CONTENT_CONTAINERS = 500_000
HEADER_DEPTH = 8
FRAME_HEAD = 9
"""Octets of a frame ahead of its payload."""
COUNTED_OVERHEAD = 64
"""What each frame makes up beside its body for `replay` (DELIV-003), and each item for credit (FLOW-001)."""
MESSAGE_FRAMES = 128
MESSAGE_OCTETS = 64 * KIB
"""CHAN-006: where a message is full."""
STREAMS_SLACK = 64
"""STREAM-010: how many refused streams may be open beyond `streams`."""
PONGS_WAITING = 64
GREATEST_STREAM = 2**31 - 1

BUSY_MS = 100
ASK_AGAIN_SECONDS = 0.1


@dataclass
class Limits:
    """The limits of one side. Names are those of section 13, in the spelling of Python."""

    frame_payload: int = 65 * KIB
    message: int = 16 * MIB
    assembling: int = 32 * MIB
    streams: int = 1024
    queued_calls: int = 10_000
    handshake_octets: int = 64 * KIB
    handshake_ms: int = 30_000
    heartbeat_ms: int = 15_000
    offered_tools: int = 4096
    meta_entries: int = 32
    deadline_verdict_ms: int = 250
    cancel_verdict_ms: int = 5000
    replay: int = 4 * MIB
    ack_delay_ms: int = 250
    stream_credit: int = 512 * KIB
    channel_credit: int = 4 * MIB
    bulk_in_flight: int = 512 * KIB
    unsent_items: int = 256 * KIB
    unsent: int = 64 * MIB
    held_arguments: int = 64 * MIB
    resume_window_ms: int = 120_000
    parked_sessions: int = 64
    parked_octets: int = 64 * MIB
    lane_queue: int = 64
    turn_owner_ms: int = 30_000
    pings: int = 200
    idle_frames: int = 200
    resets: int = 5000
    short_fragments: int = 200

    @staticmethod
    def named(values: Mapping[str, Any] | None) -> Limits:
        """Limits with some of them set by the names of the specification; names that are not known are ignored."""
        known = {field.name for field in fields(Limits)}
        chosen: dict[str, int] = {}
        for name, value in (values or {}).items():
            own = re.sub(r"[A-Z]", lambda match: "_" + match.group().lower(), name)
            if own in known and isinstance(value, (int, float)):
                chosen[own] = int(value)
        return Limits(**chosen)


@dataclass(frozen=True)
class Stated:
    """The limits that one side states in HELLO or WELCOME: what it takes."""

    frame_payload: int
    message: int
    streams: int
    assembling: int
    replay: int
    stream_credit: int
    channel_credit: int

    @staticmethod
    def of(limits: Limits) -> Stated:
        """What a side with these limits states."""
        return Stated(
            limits.frame_payload,
            limits.message,
            limits.streams,
            limits.assembling,
            limits.replay,
            limits.stream_credit,
            limits.channel_credit,
        )

    def places(self, features: list[str]) -> list[int | None]:
        """The array of HELLO and WELCOME."""
        with_delivery, with_credit = "delivery" in features, "credit" in features
        places: list[int | None] = [self.frame_payload, self.message, self.streams, self.assembling]
        places.append(self.replay if with_delivery else None)
        places += [self.stream_credit, self.channel_credit] if with_credit else [None, None]
        while places[-1] is None:
            places.pop()
        return places

    @staticmethod
    def read(places: list[Any], features: list[str]) -> Stated:
        """What the peer stated. LIMIT-005: a number outside its range breaks the protocol."""
        padded = list(places) + [None] * 7
        for place in padded[:4]:
            if type(place) is not int:
                raise ProtocolError("FRAME-007", "the first four limits are integers")
        for place in padded[4:7]:
            if place is not None and type(place) is not int:
                raise ProtocolError("FRAME-007", "a limit is an integer")
        _within("framePayload", padded[0], KIB, MIB)
        _within("streams", padded[2], 0, 65_536)
        if "delivery" in features:
            _within("replay", padded[4], KIB, 2048 * MIB)
        if "credit" in features:
            _within("streamCredit", padded[5], KIB, 1024 * MIB)
            _within("channelCredit", padded[6], KIB, 1024 * MIB)
        return Stated(*(place if type(place) is int else 0 for place in padded[:7]))


def _within(name: str, value: int | None, least: int, most: int) -> None:
    if value is None or not least <= value <= most:
        raise ProtocolError("LIMIT-005", f"{name} is outside of {least} to {most}")


def check_heartbeat(value: int) -> None:
    """LIMIT-005 for the heartbeat interval of WELCOME."""
    _within("heartbeatMs", value, 10, 3_600_000)
