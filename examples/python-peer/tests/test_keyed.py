"""The journal, and keys that come again (section 7)."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from turnmux.content import ABSENT, canonical_json, fingerprint
from turnmux.errors import CallError
from turnmux.events import Ending
from turnmux.journal import Journal, JournalRefused


class TheJournal(unittest.TestCase):
    """What it knows outlives the process."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "journal.jsonl"

    def _again(self) -> Journal:
        journal = Journal(self.path)
        self.addCleanup(journal.close)
        return journal

    def test_an_ending_is_read_again_octets_and_errors_too(self) -> None:
        journal = self._again()
        journal.settle(journal.claim("p", "k1", "t", "f", "c1", ABSENT), Ending({"octets": b"\x00\xff"}))
        error = CallError("aborted", "unknown", "why", retryable=True)
        journal.settle(journal.claim("p", "k2", "t", "f", "c2", ABSENT), Ending(error=error))
        again = self._again()
        first, second = again.find("p", "k1"), again.find_call("p", "c2")
        assert first is not None and first.ending is not None and second is not None and second.ending is not None
        self.assertEqual(first.ending.value, {"octets": b"\x00\xff"})
        told = second.ending.error
        assert told is not None
        self.assertEqual((told.code, told.outcome, told.retryable), ("aborted", "unknown", True))
        self.assertIsNone(again.find("another", "k1"))

    def test_a_claim_without_an_ending_is_there_after_a_crash_and_a_line_cut_off_is_not(self) -> None:
        self._again().claim("p", "k", "t", "f", "c", {"a": 1})
        with self.path.open("a", encoding="utf-8") as file:
            file.write('{"settle": ["p", "k"')
        record = self._again().find("p", "k")
        assert record is not None
        self.assertIsNone(record.ending)
        self.assertEqual(record.arguments, {"a": 1})

    def test_what_follows_a_line_that_was_cut_off_is_read(self) -> None:
        self.path.write_text('{"claim": ["p", "lost"', "utf-8")
        self._again().claim("p", "k", "t", "f", "c", ABSENT)
        self.assertIsNotNone(self._again().find("p", "k"))

    def test_a_key_that_was_freed_is_free(self) -> None:
        journal = self._again()
        journal.free(journal.claim("p", "k", "t", "f", "c", ABSENT))
        self.assertIsNone(self._again().find("p", "k"))

    def test_a_journal_that_refuses_says_so(self) -> None:
        journal = Journal(None)
        journal.refuses = "claims"
        with self.assertRaises(JournalRefused):
            journal.claim("p", "k", "t", "f", "c", ABSENT)


class Fingerprints(unittest.TestCase):
    """KEY-002."""

    def test_the_order_of_members_does_not_count_and_numbers_are_written_as_rfc_8785_has_them(self) -> None:
        self.assertEqual(fingerprint("t", {"a": 1, "b": 2}), fingerprint("t", {"b": 2, "a": 1.0}))
        numbers = [1e21, 1e-6, 1e-7, 123456789012345680000.0, -1.5e-6, 0.1, -0.0]
        written = "[1e+21,0.000001,1e-7,123456789012345680000,-0.0000015,0.1,0]"
        self.assertEqual(canonical_json(numbers), written)

    def test_absent_and_null_are_two_things(self) -> None:
        self.assertNotEqual(fingerprint("t", ABSENT), fingerprint("t", None))


if __name__ == "__main__":
    unittest.main()
