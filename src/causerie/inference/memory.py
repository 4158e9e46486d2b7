"""How much memory a model takes, and how much all may take together.

Does: estimate before a model is loaded, so that one that cannot fit is refused instead of bringing the machine down.
Does not: measure loaded models; `child.Child.memory_bytes` does.
"""

import psutil

from causerie.inference.contract import Model
from causerie.settings import GIB, Settings

ENGINE_BYTES = 150 * 2**20
"""Memory of a child process besides weights and cache: code, buffers and threads. The starter's child was measured:
resident set less weights and cache, 2026-11-24."""
BUDGET_SHARE = 0.75
"""Share of the machine's memory that models may take when the settings name none."""


def context_tokens(model: Model, settings: Settings) -> int:
    """Context that the model is given, in tokens: the setting's, at most what it was trained for."""
    return min(settings.context_tokens, model.context_tokens or settings.context_tokens)


def needed_bytes(model: Model, settings: Settings) -> int:
    """Estimated memory of the loaded model: weights, attention cache of its whole context, and the engine itself."""
    return model.size_bytes + context_tokens(model, settings) * model.cache_bytes_per_token + ENGINE_BYTES


def budget_bytes(settings: Settings) -> int:
    """Memory that all loaded models may take together."""
    if settings.memory_budget_gib:
        return int(settings.memory_budget_gib * GIB)
    return int(psutil.virtual_memory().total * BUDGET_SHARE)
