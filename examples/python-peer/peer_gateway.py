"""A gateway under test, told by its environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import websockets
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lines import lines, say
from peer_client import fragments
from services import Counters, GatewayServices, Services
from turnmux.door import Door, Vouched
from turnmux.gateway import Gateway
from turnmux.journal import Journal
from turnmux.keyed import KeyedCalls
from turnmux.limits import Limits
from turnmux.link import Link
from turnmux.proof import Grant
from turnmux.tools import Registry
from turnmux.wire import Message, host_carriage

GRACE_SECONDS = 2
HOST_GRANT = Vouched("conformance", frozenset({"test"}))
_LARGEST_MESSAGE = 32 * 1024 * 1024


def _grants() -> dict[str, Grant]:
    device = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    public_key = device.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    test, wide = frozenset({"test"}), frozenset({"test", "test.secret"})
    return {
        "conformance": Grant("token", "conformance", test, "turnmux-conformance-secret"),
        "wide": Grant("token", "conformance", wide, "turnmux-conformance-wide"),
        "stranger": Grant("token", "stranger", test, "turnmux-conformance-stranger"),
        "device": Grant("ed25519", "conformance", test, public_key=public_key),
    }


async def _host(message: Message, link: Link, door: Door) -> None:
    """The host's own protocol."""
    if message in ("login", "deny"):
        now = asyncio.get_running_loop().time()
        door.vouch(HOST_GRANT if message == "login" else None, now)
    await link.send_host(fragments() if message == "fragments" else message)


async def _text_host(message: Message, link: Link, door: Door) -> None:
    """The host whose every message is JSON text."""
    if isinstance(message, str):
        await _host(message, link, door)


class _Server:
    """The four URLs."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.authority = ""

    async def take(self, socket: Any) -> None:
        """One WebSocket."""
        path = socket.path.partition("?")[0]
        if path == "/turnmux":
            await self._gateway.serve(socket, own_endpoint=True, audience=self.authority)
        elif path == "/shared":
            await self._gateway.serve(socket, vouched=HOST_GRANT, on_host=_host)
        elif path == "/late":
            await self._gateway.serve(socket, later=True, on_host=_host)
        elif path == "/wrapped":
            await self._gateway.serve(socket, vouched=HOST_GRANT, wrapped=host_carriage, on_host=_text_host)
        else:
            await socket.close(1008)


async def run_gateway() -> int:
    """Serves until SIGTERM, or the end of the input."""
    folder = Path(os.environ.get("TURNMUX_TEST_STATE", "."))
    folder.mkdir(parents=True, exist_ok=True)
    limits = Limits.named(json.loads(os.environ.get("TURNMUX_TEST_LIMITS") or "{}"))
    journal = Journal(folder / "journal.jsonl")
    registry = Registry(journal=True)
    Services(Counters(folder), journal).register(registry)
    GatewayServices().register(registry)
    gateway = Gateway(registry, KeyedCalls(journal), limits, _grants())
    server = _Server(gateway)
    listening = await websockets.serve(  # type: ignore[attr-defined]
        server.take,
        "127.0.0.1",
        int(os.environ.get("TURNMUX_TEST_PORT") or 0),
        compression=None,
        max_size=_LARGEST_MESSAGE,
        ping_interval=None,
        close_timeout=0.5,
    )
    port = listening.sockets[0].getsockname()[1]
    server.authority = f"127.0.0.1:{port}"
    paths = {"endpoint": "turnmux", "shared": "shared", "late": "late", "wrapped": "wrapped"}
    say({"ready": {name: f"ws://{server.authority}/{path}" for name, path in paths.items()}})
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    watching = asyncio.ensure_future(_watch_input())
    await stopped.wait()
    await gateway.drain(GRACE_SECONDS)
    # What was said last is on its way to the sockets.
    await asyncio.sleep(0.1)
    watching.cancel()
    sys.stdout.flush()
    os._exit(0)


async def _watch_input() -> None:
    async for _line in lines():
        pass
    os._exit(0)
