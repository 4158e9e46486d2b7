"""The child process that holds one model in llama.cpp and serves it on loopback.

Does: load the model with the parameters from standard input, listen on a free port of 127.0.0.1, say where.
Does not: anything else; llama.cpp's own server answers (https://github.com/ggml-org/llama.cpp/tree/master/tools/server).
It is started by `child.py`, as `python -m causerie.inference.llama_child`, and dies with its parent.
"""

import os
import threading
from typing import Any

from causerie.inference.guard import guard

PROCESSOR_BATCH = 128
"""Tokens of a prompt read in one go on a processor. llama.cpp notices a client that left only between two batches:
0.4 s with 128, 4.5 s with its default of 2,048, for 5 % of speed (docs/explanation/decisions/002)."""
EMBEDDING_BATCH = 2048
"""An encoder reads its whole input in one batch, so this is also the longest text it takes, in tokens."""
PROMPT_CACHE_MIB = 512
"""Memory for prompts that other conversations come back to (llama.cpp's own default is 8 GiB)."""
HTTP_THREADS = 64
"""Connections served at once; more wait. A thread that waits for tokens costs next to nothing."""

SPIN_COUNT = "5000"
"""Rounds that a thread of llama.cpp looks whether the others are ready before it sleeps. OpenMP's own 300,000 are a
millisecond in which the core is lost to whoever has the work (docs/explanation/decisions/003-threads.md)."""


def parameters_for(wanted: dict[str, Any]) -> Any:  # noqa: ANN401 - xllamacpp has no types
    """llama.cpp's parameters for what `llama.py` wants, as an `xllamacpp.CommonParams`."""
    import xllamacpp

    p = xllamacpp.CommonParams()
    p.model.path = wanted["path"]
    p.model_alias = {wanted["name"]}
    p.hostnames = ["127.0.0.1"]
    p.port = 0
    p.api_keys = [wanted["secret"]]
    p.n_ctx = wanted["context_tokens"]
    p.n_parallel = wanted["slots"]
    p.kv_unified = True  # slots share the context: one long conversation may take it all
    p.cont_batching = True
    p.ctx_shift = False  # what does not fit is refused, never cut
    p.cache_prompt = True
    p.cache_ram_mib = PROMPT_CACHE_MIB
    p.use_jinja = True
    p.endpoint_slots = True
    p.endpoint_metrics = True
    p.ui = False
    p.n_threads_http = HTTP_THREADS
    p.cpuparams.n_threads = wanted["threads"]
    p.cpuparams_batch.n_threads = wanted["batch_threads"]
    if wanted["gpu_layers"] >= 0:
        p.n_gpu_layers = wanted["gpu_layers"]
    if all(device["name"] == "CPU" for device in xllamacpp.get_device_info()):
        p.n_batch = p.n_ubatch = PROCESSOR_BATCH
    if wanted["embedding"]:
        p.embedding = True
        p.n_batch = p.n_ubatch = EMBEDDING_BATCH
    return p


def main() -> None:
    """Load, listen, and serve until the parent is gone."""
    wanted, tell = guard()
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)  # noqa: TID251 - libgomp reads it there when it is loaded
    try:
        import xllamacpp

        server = xllamacpp.Server(parameters_for(wanted))
    except (RuntimeError, ValueError, OSError, ImportError) as error:
        tell(error=str(error) or type(error).__name__)
        raise SystemExit(1) from error
    tell(address=server.listening_address)
    threading.Event().wait()  # llama.cpp's threads serve; this one keeps the process


if __name__ == "__main__":
    main()
