"""The GPUs that are known, from `gpus.toml`.

Does: find one by the name that a person types.
Does not: promise that any program reaches what a data sheet says: `Assumptions.utilisation` is about that.
"""

import difflib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from causerie.errors import ConfigError
from causerie.planning.asked import Gpu

GIB = 2.0**30


@cache
def gpus() -> dict[str, Gpu]:
    """All of them, by key."""
    text = Path(__file__).with_name("gpus.toml").read_text(encoding="utf-8")
    return {key: _gpu(key, row) for key, row in tomllib.loads(text).items()}


def gpu(key: str) -> Gpu:
    """The one of that name.

    Raises:
        ConfigError: There is none.
    """
    known = gpus()
    wanted = key.strip().lower()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, 1, 0.5)
        raise ConfigError(
            "--gpu {key!r} is not known", key=key, param="--gpu", near="".join(near), known=", ".join(known),
            hint="did you mean {near}?" if near else "there are {known}",
        )  # fmt: skip
    return known[wanted]


def _gpu(key: str, row: dict[str, Any]) -> Gpu:
    precisions = ("float32", "bfloat16", "fp8")
    return Gpu(
        key=key,
        name=row["name"],
        flops_per_s={each: row[f"{each}_tflops"] * 1e12 for each in precisions},
        memory_bytes=row["memory_gib"] * GIB,
        memory_bytes_per_s=row["memory_gb_per_s"] * 1e9,
        watts=row["watts"],
        fast_bytes_per_s=row["fast_gb_per_s"] * 1e9,
        fast_group=row["fast_group"],
        slow_bytes_per_s=row["slow_gb_per_s"] * 1e9,
        source=row["source"],
    )
