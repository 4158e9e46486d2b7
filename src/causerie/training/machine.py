"""What this machine can compute, measured and not looked up.

Does: multiply matrices for a moment, to know the most that training could reach; choose a precision; name the parts.
Does not: promise: another program at work at the same time lowers all of it.
Try it: python -c "from causerie.training.machine import peak_flops; import torch; print(peak_flops(torch.float32))"
"""

import os
import platform
import resource
import shutil
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import torch

PARTS = ("causerie", "torch", "numpy", "tokenizers", "tiktoken", "safetensors", "gguf")
"""Packages whose versions a run writes down."""


def device_here() -> torch.device:
    """Where a process alone computes: on the GPU, where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def precision_of(wanted: Literal["auto", "float32", "bfloat16"], device: torch.device) -> torch.dtype:
    """The type of products: bfloat16 where the hardware multiplies it faster than float32."""
    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    return torch.bfloat16 if fast_in_bfloat16(device) else torch.float32


def fast_in_bfloat16(device: torch.device) -> bool:
    """Whether the hardware has instructions for products of bfloat16; elsewhere these are slower than float32's."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())  # noqa: SLF001


@cache
def peak_flops(precision: torch.dtype, device: str = "cpu", seconds: float = 0.3) -> float:
    """Operations a second in large matrix products, the best of several; multiplying and adding count one each."""
    size = 8192 if device.startswith("cuda") else 1024
    left = torch.randn(size, size, device=device, dtype=precision)
    best, end = 0.0, time.perf_counter() + seconds
    torch.mm(left, left)
    while True:
        wait_for(device)
        started = time.perf_counter()
        torch.mm(left, left)
        wait_for(device)
        now = time.perf_counter()
        best = max(best, 2 * size**3 / (now - started))
        if now > end:
            return best


def has_compiler() -> bool:
    """Whether torch.compile finds the C++ compiler that it writes for."""
    names = (os.environ.get("CXX", ""), "clang++" if sys.platform == "darwin" else "g++")  # noqa: TID251 - torch's own
    return any(shutil.which(name) for name in names if name)


def peak_memory_bytes() -> int:
    """The most memory that this process has had so far, or of the GPU where it computes on one."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # macOS counts bytes, Linux KiB


def wait_for(device: str) -> None:
    """Until a GPU has done what it was given; a processor has when the call returns."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def versions() -> dict[str, str]:
    """Packages, Python and the machine, for whoever wants the same bits again."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.platform()}
    for name in PARTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if torch.cuda.is_available():
        found["device"] = torch.cuda.get_device_name()
    return found | {"threads": str(torch.get_num_threads()), "cores": str(os.cpu_count())}
