"""Passwords: hashed with argon2, refused when a program would soon guess them.

Does: hash and check, always as slowly, whoever asks; judge a new password.
Does not: count failures; `lockout.py` does.

At most `AT_ONCE` are computed at the same time: each takes 64 MiB, and a flood of sign-ins must not take them all.
"""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from causerie.errors import WeakPassword

MIN_LENGTH = 8
MAX_LENGTH = 200
"""Characters; zxcvbn reads the first `JUDGED`, since its time grows with the square."""
JUDGED = 72
MIN_SCORE = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses (https://github.com/dropbox/zxcvbn)."""
SENTENCES = {
    "common": "this password is one of the most used, or close to one",
    "keyboard": "this password is a row of keys",
    "keys": "this password is a row of keys",
    "Repeats": "this password repeats itself",
    "Sequences": "this password is a sequence, like abc or 6543",
    "Dates": "this password is a date or a year",
    "years": "this password is a date or a year",
    "names": "this password is a name",
    "word": "this password is a single word",
    "": "this password is soon guessed: it is too simple",
}
"""What we say, by what is in zxcvbn's warning: the first that is."""
AT_ONCE = 2
HASHER = PasswordHasher()
"""RFC 9106's second recommendation: argon2id, 64 MiB, 3 passes, 4 lanes; argon2-cffi's own."""


class Passwords:
    """Hashes and checks in threads, a few at once."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hashed(self, password: str, *about: str | None) -> str:
        """What is kept of a new password.

        Args:
            password: As chosen.
            *about: The person's login, name and address: a password made of them is soon guessed.

        Raises:
            WeakPassword: It is too short or too easily guessed; the message says why.
        """
        async with self._turns:
            return await asyncio.to_thread(hash_of, password, *about)

    async def rehashed(self, password: str) -> str:
        """What is kept of a password that is right, with today's parameters."""
        async with self._turns:
            return await asyncio.to_thread(HASHER.hash, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; takes as long where there is none to compare with."""
        async with self._turns:
            return await asyncio.to_thread(_fits, password_hash, password)


def hash_of(password: str, *about: str | None) -> str:
    """As `Passwords.hashed`, in this thread."""
    refuse_weak(password, *about)
    return HASHER.hash(password)


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)


def refuse_weak(password: str, *about: str | None) -> None:
    """Refuse a password that is soon guessed.

    Raises:
        WeakPassword: It is; the message says why.
    """
    if len(password) < MIN_LENGTH:
        raise WeakPassword("a password has at least {n} characters", n=MIN_LENGTH, param="password")
    if len(password) > MAX_LENGTH:
        raise WeakPassword("a password has at most {n} characters", n=MAX_LENGTH, param="password")
    from zxcvbn import zxcvbn  # its lists of words take 0.1 s to load

    words = [part for text in about if text for part in (text, *text.replace("@", " ").replace(".", " ").split())]
    judged = zxcvbn(password[:JUDGED], user_inputs=words)
    if judged["score"] < MIN_SCORE:
        warning = judged["feedback"]["warning"]
        raise WeakPassword(
            next(sentence for part, sentence in SENTENCES.items() if part in warning),
            param="password",
            hint="four or five words that do not belong together are easy to keep in mind and hard to guess",
        )  # fmt: skip


def _fits(password_hash: str | None, password: str) -> bool:
    try:
        HASHER.verify(password_hash or _nobodys_hash(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return HASHER.hash("nobody has this password")
