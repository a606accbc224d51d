"""Octets of frames, messages, bodies and proofs, as the vectors have them."""

from __future__ import annotations

import json
import unittest
from typing import Any, Iterator

from turnmux import content
from turnmux.content import ABSENT, Content
from turnmux.credit import channel_enough, channel_step, stream_enough, stream_step
from turnmux.errors import ProtocolError
from turnmux.frames import Frame, decode_frames, encode_frame
from turnmux.layout import BASE64, CONT, FINAL, LAYOUTS, MORE, Type
from turnmux.limits import MIB
from turnmux.offers import Names
from turnmux.proof import Credential, Grant, transcript, verify
from turnmux.wire import BinaryCarriage, TextCarriage, WrappedCarriage, frame_to_json, frames_of_json, to_json

from .vectors import load

FLAGS = {"MORE": MORE, "FINAL": FINAL, "CONT": CONT, "BASE64": BASE64}


def _rule(frames: Iterator[Frame]) -> str:
    try:
        list(frames)
    except ProtocolError as error:
        return error.requirement
    return "nothing"


class Frames(unittest.TestCase):
    """Frames in both carriages."""

    def test_a_frame_is_read_and_written_as_the_vectors_have_it(self) -> None:
        for vector in load("frames")["frames"]:
            with self.subTest(vector["name"]):
                octets = bytes.fromhex(vector["binary"])
                (frame,) = decode_frames(octets, 0, MIB)
                if vector["frame"] == "skipped":
                    self.assertNotIn(frame.type, LAYOUTS)
                    continue
                self.assertEqual(Type(frame.type).name, vector["frame"].upper())
                self.assertEqual(frame.flags, sum(FLAGS[name] for name in vector["flags"]))
                if "row" in vector:
                    (row,) = frames_of_json([vector["row"]], MIB)
                    self.assertEqual(row, frame)
                if not vector.get("decodeOnly"):
                    self.assertEqual(encode_frame(frame).hex(), vector["binary"])
                    self.assertEqual(frame_to_json(frame), vector["row"])

    def test_a_frame_that_is_broken_is_refused_with_its_rule(self) -> None:
        # What only the state of a stream shows is not seen in one frame alone.
        for vector in load("frames")["invalid"]:
            with self.subTest(vector["name"], vector=vector):
                if "binary" in vector:
                    octets = bytes.fromhex(vector["binary"])
                    self.assertEqual(_rule(decode_frames(octets, 0, 2**24)), vector["requirement"])
                if "row" in vector:
                    self.assertEqual(_rule(frames_of_json([vector["row"]], MIB)), vector["requirement"])


class Messages(unittest.TestCase):
    """Messages of each carriage."""

    def test_a_message_is_told_from_the_traffic_of_a_host(self) -> None:
        carriages = {
            "binary": BinaryCarriage(),
            "text": TextCarriage(),
            "wrapped": WrappedCarriage(_parsed, to_json),
        }
        for vector in load("messages")["messages"]:
            with self.subTest(vector["name"], vector=vector):
                binary = vector["carriage"] == "binary"
                message = bytes.fromhex(vector["message"]) if binary else vector["message"]
                envelope = carriages[vector["carriage"]].recognise(message, MIB)
                mine = envelope is not None and envelope.tag.hex() == vector["tag"]
                self.assertEqual(not mine, vector.get("host", False))
                if envelope is None or not mine:
                    continue
                if "requirement" in vector:
                    self.assertEqual(_rule(envelope.frames), vector["requirement"])
                    continue
                names = [Type(frame.type).name.lower() for frame in envelope.frames]
                self.assertEqual(names, vector["frames"])
                self.assertEqual(envelope.sequence, vector.get("sequence"))


def _parsed(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return None


class Bodies(unittest.TestCase):
    """Values and their octets."""

    def test_a_body_is_read_and_written_as_the_vectors_have_it(self) -> None:
        for vector in load("bodies")["bodies"]:
            with self.subTest(vector["name"]):
                kind, octets = Content[vector["content"].upper()], bytes.fromhex(vector["octets"])
                value = content.decode(kind, octets)
                expected = vector.get("value", ABSENT)
                self.assertEqual(value, expected)
                self.assertEqual(isinstance(value, bool), isinstance(expected, bool))
                if not vector.get("decodeOnly"):
                    sent, data = content.encode(value, [1, 2, 3, 4])
                    self.assertEqual(content.decode(sent, data), expected)
                    if sent == kind:
                        self.assertEqual(data.hex(), vector["octets"])

    def test_a_body_that_is_broken_is_refused_with_its_rule(self) -> None:
        for vector in load("bodies")["invalid"]:
            with self.subTest(vector["name"], vector=vector):
                kind = vector["content"]
                number = Content[kind.upper()] if isinstance(kind, str) else kind
                with self.assertRaises(ProtocolError) as raised:
                    content.decode(number, _octets(vector["octets"]))
                self.assertEqual(raised.exception.requirement, vector["requirement"])


def _octets(shown: str | list[dict[str, Any]]) -> bytes:
    if isinstance(shown, str):
        return bytes.fromhex(shown)
    return b"".join(bytes.fromhex(part["hex"]) * part["times"] for part in shown)


class Arithmetic(unittest.TestCase):
    """Windows of credit, and names that have numbers."""

    def test_a_window_has_its_step_and_what_is_enough_to_begin(self) -> None:
        for vector in load("credit")["windows"]:
            with self.subTest(**vector):
                window = vector["window"]
                of_stream = vector["of"] == "stream"
                self.assertEqual(stream_step(window) if of_stream else channel_step(window), vector["step"])
                enough = stream_enough(window) if of_stream else channel_enough(window)
                self.assertEqual(enough, vector["enoughToBegin"])

    def test_names_take_slots(self) -> None:
        for vector in load("names")["names"]:
            with self.subTest(vector["name"]):
                names = Names()
                for opened in vector["opens"]:
                    if "requirement" in opened["read"]:
                        with self.assertRaises(ProtocolError) as raised:
                            names.resolve(opened["tool"], 64)
                            names.resolve(opened.get("turn"), 256)
                        self.assertEqual(raised.exception.requirement, opened["read"]["requirement"])
                        break
                    self.assertEqual(names.resolve(opened["tool"], 64), opened["read"]["tool"])
                    self.assertEqual(names.resolve(opened.get("turn"), 256), opened["read"].get("turn"))


class Proofs(unittest.TestCase):
    """Proofs over a handshake."""

    def test_a_proof_is_made_and_verified(self) -> None:
        for vector in load("proofs")["proofs"]:
            with self.subTest(vector["name"]):
                hello, challenge = bytes.fromhex(vector["hello"]), bytes.fromhex(vector["challenge"])
                method, key_id = vector["method"], vector["keyId"]
                self.assertEqual(transcript(method, key_id, hello, challenge).hex(), vector["transcript"])
                secret, seed = vector.get("secret", ""), bytes.fromhex(vector.get("seed", ""))
                proof = Credential(method, key_id, secret, seed).prove(hello, challenge)
                self.assertEqual(proof.hex(), vector["proof"])
                grant = Grant(method, "p", frozenset(), secret, bytes.fromhex(vector.get("publicKey", "")))
                self.assertIs(verify({key_id: grant}, method, key_id, proof, hello, challenge), grant)
                self.assertIsNone(verify({key_id: grant}, method, key_id, proof, hello + b"x", challenge))
                self.assertIsNone(verify({}, method, key_id, proof, hello, challenge))


if __name__ == "__main__":
    unittest.main()
