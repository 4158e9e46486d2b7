"""Passwords hashed at once: argon2 is slow on purpose, and the tests sign in hundreds of times."""

import pytest
from argon2 import PasswordHasher

from causerie.accounts import passwords

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real argon2, with parameters that take no time."""
    monkeypatch.setattr(passwords, "HASHER", QUICK)
