"""What is drawn by lot: keys, session tokens, links; and challenges that need not be kept.

Does: draw, hash, and make challenges that this process can recognise later, each once.
Does not: keep any; whoever draws one keeps its hash.

256 bits cannot be tried out, so SHA-256 is enough for their hashes; argon2 is for what people choose.
"""

import hmac
import secrets
import time
from hashlib import sha256

KEY_PREFIX = "causerie-"
"""Of API keys: scanners for leaked secrets know them by it."""
_NONCE, _TIME, _SIGNATURE = 16, 8, 32
"""Bytes of a challenge's parts."""


def new_token() -> str:
    """A secret of 256 bits, in URL-safe characters."""
    return secrets.token_urlsafe(32)


def hash_of(token: str | bytes) -> str:
    """What is kept of a token."""
    return sha256(token.encode() if isinstance(token, str) else token).hexdigest()


class Challenges:
    """Random bytes for WebAuthn and OIDC: nothing is kept of one until it is used, so nobody can flood us with them.

    A challenge is a nonce, its end and a signature under a key of this process.
    """

    def __init__(self, lasts_s: float = 300) -> None:
        self._lasts_s = lasts_s
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, float] = {}

    def make(self, purpose: str) -> bytes:
        """A new challenge for this purpose, such as `register:person_1`."""
        head = secrets.token_bytes(_NONCE) + int(time.time() + self._lasts_s).to_bytes(_TIME)
        return head + self._signature(head, purpose)

    def use(self, challenge: bytes, purpose: str) -> bool:
        """Whether it is one of ours for this purpose, in time, and not used before; it is used now."""
        head, signature = challenge[: _NONCE + _TIME], challenge[_NONCE + _TIME :]
        if not hmac.compare_digest(signature, self._signature(head, purpose)):
            return False
        ends = int.from_bytes(head[_NONCE:])
        now = time.time()
        self._used = {nonce: end for nonce, end in self._used.items() if end > now}
        if ends <= now or head in self._used:
            return False
        self._used[head] = ends
        return True

    def _signature(self, head: bytes, purpose: str) -> bytes:
        return hmac.digest(self._key, head + purpose.encode(), "sha256")
