"""Unit tests. The vectors are those of the conformance suite."""
