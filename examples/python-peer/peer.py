#!/usr/bin/python3
"""The peers under test: `peer.py client` and `peer.py gateway` (section 15 of the specification)."""

from __future__ import annotations

import asyncio
import sys

from peer_client import run_client
from peer_gateway import run_gateway


def main() -> int:
    """Runs the peer that is asked for."""
    if sys.argv[1:] == ["client"]:
        return asyncio.run(run_client())
    if sys.argv[1:] == ["gateway"]:
        return asyncio.run(run_gateway())
    print("usage: peer.py client|gateway", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
