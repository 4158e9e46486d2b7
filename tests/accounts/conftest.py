"""What the tests of people share."""

from tests.accounts.hashing import quick_hashes

__all__ = ["quick_hashes"]
