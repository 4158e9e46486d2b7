"""How often each source is repeated, so that the mixture has the shares that the recipe asks for.

Does: fill the wanted characters by weight; a source that reaches its limit of repetitions stops there, and the others
share what is left, by their weights.
Does not: choose texts; `chance.py` does, by the seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """One source, as the mixture sees it."""

    characters: int
    """How many there are."""
    weight: float
    max_repeats: float


def repeats(sources: Mapping[str, Wanted], characters: int = 0) -> dict[str, float]:
    """How often each source comes: 0.3 = three texts of ten, 2.5 = every text twice and every second once more.

    Args:
        sources: By name.
        characters: To fill (0 = as many as there are).
    """
    made = dict.fromkeys(sources, 0.0)
    left = float(characters or sum(each.characters for each in sources.values()))
    open_ones = {name: each for name, each in sources.items() if each.characters}
    while open_ones:
        weights = sum(each.weight for each in open_ones.values())
        full = {
            name: each
            for name, each in open_ones.items()
            if left * each.weight / weights >= each.characters * each.max_repeats
        }
        if not full:
            return made | {name: left * each.weight / weights / each.characters for name, each in open_ones.items()}
        for name, each in full.items():
            made[name] = each.max_repeats
            left -= each.characters * each.max_repeats
            del open_ones[name]
    return made
