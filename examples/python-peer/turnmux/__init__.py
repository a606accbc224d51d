"""turnmux/1 in Python, written from docs/spec.md alone.

The modules up to `session` are sans-IO: octets and times go in, octets and events come out. `calls`, `dispatch`, `client`
and `gateway` put asyncio around them.
"""
