"""What a client proves itself with (section 4)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_LABEL = b"turnmux/1 client proof"


def transcript(method: str, key_id: str, hello: bytes, challenge: bytes) -> bytes:
    """The octets that are signed or keyed."""
    fields = (_LABEL, method.encode(), key_id.encode(), hello, challenge)
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def token_proof(secret: str, octets: bytes) -> bytes:
    """AUTH-001."""
    return hmac.new(secret.encode("utf-8"), octets, hashlib.sha256).digest()


@dataclass(frozen=True, repr=False)
class Credential:
    """What a client has: a shared secret, or the seed of an Ed25519 key. AUTH-006: it has no representation."""

    method: str
    key_id: str
    secret: str = ""
    seed: bytes = b""

    def prove(self, hello: bytes, challenge: bytes) -> bytes:
        """The proof over this handshake."""
        octets = transcript(self.method, self.key_id, hello, challenge)
        if self.method == "token":
            return token_proof(self.secret, octets)
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(octets)


@dataclass(frozen=True, repr=False)
class Grant:
    """What a gateway knows of a key: how it proves, and whom it stands for."""

    method: str
    principal: str
    scopes: frozenset[str]
    secret: str = ""
    public_key: bytes = b""


_NOBODY = Grant("token", "", frozenset(), secret="a secret that nobody has")
_NO_KEY = bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
"""A public key that stands for no principal, so that an unknown key id costs the same work."""


def verify(
    grants: Mapping[str, Grant], method: str, key_id: str, proof: bytes, hello: bytes, challenge: bytes
) -> Grant | None:
    """AUTH-003: the grant that the proof opens. Whatever is wrong, the same work is done before None is given."""
    known = grants.get(key_id)
    grant = known if known is not None and known.method == method else _NOBODY
    octets = transcript(method, key_id, hello, challenge)
    if method == "ed25519":
        try:
            Ed25519PublicKey.from_public_bytes(grant.public_key or _NO_KEY).verify(proof, octets)
            fits = True
        except InvalidSignature:
            fits = False
    else:
        fits = hmac.compare_digest(token_proof(grant.secret, octets), proof)
    return grant if fits and grant is not _NOBODY else None
