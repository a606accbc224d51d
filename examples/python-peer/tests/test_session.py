"""Two sessions against each other, without sockets: delivery, credit and faults."""

from __future__ import annotations

import unittest
from typing import Any

from turnmux.channel import Channel, ChannelEnd
from turnmux.errors import CallError
from turnmux.events import Accepted, Ending, Opening
from turnmux.frames import Frame
from turnmux.layout import MORE, Type
from turnmux.limits import Limits, Stated
from turnmux.session import Session
from turnmux.streams import Body, Stream
from turnmux.wire import BinaryCarriage

FEATURES = ["delivery", "credit"]
HEADER = ["test", "c_1", None, None, None, 4]


class _Application:
    """Keeps what a session tells."""

    def __init__(self) -> None:
        self.openings: list[Opening] = []
        self.values: list[Any] = []
        self.items: list[tuple[Any, int]] = []
        self.endings: list[Ending] = []
        self.resets: list[str] = []
        self.streams: list[Stream] = []

    def opening(self, stream: Stream, opening: Opening) -> None:
        self.openings.append(opening)
        self.streams.append(stream)

    def arguments(self, _stream: Stream, value: Any, _octets: int) -> None:
        self.values.append(value)

    def refused(self, _stream: Stream) -> None:
        pass

    def reset(self, _stream: Stream, code: str) -> None:
        self.resets.append(code)

    def written(self, _stream: Stream, _body: Body) -> None:
        pass

    def accepted(self, _stream: Stream, _accepted: Accepted) -> None:
        pass

    def progress(self, _stream: Stream, _value: Any) -> None:
        pass

    def item(self, _stream: Stream, value: Any, octets: int) -> None:
        self.items.append((value, octets))

    def ended(self, _stream: Stream, ending: Ending) -> None:
        self.endings.append(ending)

    def offered(self) -> None:
        pass

    def peer_drains(self, _last_stream: int) -> None:
        pass


class _Side:
    """One side: a session, and the channel that it has."""

    def __init__(self, role: str, limits: Limits, peer: Limits) -> None:
        self.application = _Application()
        self.session = Session(role, limits, Stated.of(peer), FEATURES, [1, 2, 3, 4], lambda: None)
        self.session.caller = self.session.receiver = self.application
        self.tag = role.encode().ljust(8, b".")
        self.limits = limits
        self.ends: list[ChannelEnd] = []

    def connect(self, peer_tag: bytes, now: float) -> None:
        self.channel = Channel(
            BinaryCarriage(), self.tag, peer_tag, self.session, self.limits, 15_000, now, self.ends.append
        )


class _Pair:
    """A client and a gateway."""

    def __init__(self, client: Limits | None = None, gateway: Limits | None = None) -> None:
        ours, theirs = client or Limits(), gateway or Limits()
        self.client, self.gateway = _Side("client", ours, theirs), _Side("gateway", theirs, ours)
        self.now = 0.0
        self.connect()

    def connect(self) -> None:
        self.client.connect(self.gateway.tag, self.now)
        self.gateway.connect(self.client.tag, self.now)

    def step(self, sender: _Side, *, lose: bool = False) -> bool:
        message = sender.channel.poll(self.now)
        if message is None:
            return False
        receiver = self.gateway if sender is self.client else self.client
        envelope = receiver.channel.carriage.recognise(message, 1 << 20)
        assert envelope is not None and envelope.tag == receiver.tag
        if not lose:
            receiver.channel.take(envelope, self.now)
        return True

    def run(self) -> None:
        while self.step(self.client) | self.step(self.gateway):
            pass

    def open(self, data: bytes = b"") -> Stream:
        stream = self.client.session.new_stream(1)
        self.client.session.open(stream, list(HEADER), data)
        return stream

    def resume(self) -> None:
        """Another channel for both (RESUME-003)."""
        ours, theirs = self.client.session.delivery, self.gateway.session.delivery
        assert ours is not None and theirs is not None
        counts = ours.received, theirs.received
        self.connect()
        self.gateway.session.resume_from(counts[0])
        self.client.session.resume_from(counts[1])


class Calls(unittest.TestCase):
    """Bodies of any size, in both directions."""

    def test_long_arguments_and_a_long_result_arrive_whole_within_small_windows(self) -> None:
        small = Limits(frame_payload=1024, stream_credit=2048, replay=4096)
        pair = _Pair(small, small)
        pair.open(b"a" * 50_000)
        pair.run()
        self.assertEqual(pair.gateway.application.values, [b"a" * 50_000])
        pair.gateway.session.send_result(pair.gateway.application.streams[0], 4, b"r" * 60_000)
        pair.run()
        self.assertEqual(pair.client.application.endings, [Ending(b"r" * 60_000)])

    def test_items_wait_until_those_before_are_taken(self) -> None:
        pair = _Pair(Limits(stream_credit=2048, channel_credit=8192))
        stream = pair.open()
        pair.run()
        (theirs,) = pair.gateway.application.streams
        pair.gateway.session.accept(theirs, 0)
        for _ in range(4):
            pair.gateway.session.send_item(theirs, 4, b"i" * 900)
        pair.run()
        self.assertEqual(len(pair.client.application.items), 2)
        for _, octets in list(pair.client.application.items):
            pair.client.session.item_taken(stream, octets)
        pair.run()
        self.assertEqual(len(pair.client.application.items), 4)

    def test_an_item_longer_than_the_window_goes_on_once_it_has_begun(self) -> None:
        pair = _Pair(Limits(stream_credit=1024, channel_credit=2048))
        pair.open()
        pair.run()
        (theirs,) = pair.gateway.application.streams
        pair.gateway.session.accept(theirs, 0)
        pair.gateway.session.send_item(theirs, 4, b"i" * 30_000)
        pair.run()
        self.assertEqual(pair.client.application.items, [(b"i" * 30_000, 30_064)])
        self.assertEqual(pair.client.ends, [])

    def test_a_call_that_is_given_up_before_it_was_written_leaves_no_trace(self) -> None:
        pair = _Pair()
        pair.client.session.give_up(pair.open(), "cancelled")
        pair.run()
        self.assertEqual(pair.gateway.application.openings, [])

    def test_the_stream_beyond_the_limit_waits_at_its_opener(self) -> None:
        pair = _Pair(gateway=Limits(streams=1))
        pair.open()
        pair.open()
        pair.run()
        self.assertEqual(len(pair.gateway.application.openings), 1)
        error = CallError("cancelled", "not_started", "")
        pair.gateway.session.send_error(pair.gateway.application.streams[0], error)
        pair.run()
        self.assertEqual(len(pair.gateway.application.openings), 2)


class Delivery(unittest.TestCase):
    """What was lost with a channel is sent again."""

    def test_frames_that_were_lost_arrive_once_on_the_next_channel(self) -> None:
        pair = _Pair()
        pair.open(b"first")
        pair.run()
        pair.open(b"second")
        pair.step(pair.client, lose=True)
        pair.resume()
        pair.open(b"third")
        pair.run()
        self.assertEqual(pair.gateway.application.values, [b"first", b"second", b"third"])

    def test_frames_are_acknowledged_two_seconds_later_at_the_latest(self) -> None:
        pair = _Pair()
        pair.open(b"x")
        pair.run()
        kept = pair.client.session.delivery
        assert kept is not None
        self.assertEqual(len(kept.kept), 1)
        pair.now = 2.0
        pair.run()
        self.assertEqual(len(kept.kept), 0)

    def test_credit_that_was_lost_is_said_again(self) -> None:
        pair = _Pair(gateway=Limits(stream_credit=2048, frame_payload=1024))
        pair.open(b"x" * 8000)
        pair.step(pair.client)
        pair.step(pair.gateway, lose=True)
        pair.resume()
        pair.run()
        self.assertEqual(pair.gateway.application.values, [b"x" * 8000])


class Faults(unittest.TestCase):
    """A peer that breaks a rule loses its session."""

    def _breaks(self, rule: str, *frames: Frame) -> None:
        pair = _Pair()
        pair.open()
        pair.run()
        message = BinaryCarriage().encode(pair.gateway.tag, list(frames))
        envelope = BinaryCarriage().recognise(message, 1 << 20)
        assert envelope is not None
        pair.gateway.channel.take(envelope, 0.0)
        (end,) = pair.gateway.ends
        self.assertEqual(end.requirement, rule)
        self.assertTrue(end.session_over)
        pair.run()
        self.assertEqual(pair.client.ends[0].requirement, rule)

    def test_a_stream_that_was_never_opened(self) -> None:
        self._breaks("STREAM-003", Frame(Type.RESET, 0, 9, [1]))

    def test_an_identifier_that_comes_again(self) -> None:
        self._breaks("STREAM-002", Frame(Type.OPEN, 2, 1, list(HEADER)))

    def test_final_that_lacks(self) -> None:
        self._breaks("STREAM-006", Frame(Type.OPEN, 0, 3, list(HEADER)))

    def test_short_parts_too_often(self) -> None:
        parts = [Frame(Type.DATA, 0x04 | MORE, 3, None, b"x") for _ in range(1001)]
        self._breaks("RATE-004", Frame(Type.OPEN, MORE, 3, list(HEADER)), *parts)

    def test_an_acknowledgement_of_what_was_never_sent(self) -> None:
        self._breaks("DELIV-005", Frame(Type.ACK, 0, 0, [7]))


if __name__ == "__main__":
    unittest.main()
