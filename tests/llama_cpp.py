"""The real llama.cpp in a process of its own, with everything in single precision: what our numbers are held against.

Run as a program it is that process; imported it starts one: `with llama_cpp(path) as server: server.tokenize(text)`.
"""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLOTS = 5
"""Texts written at once: the weights are read once for all of them."""


@dataclass(frozen=True)
class LlamaCpp:
    address: str

    def post(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.address}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        found = self.post("tokenize", content=text, add_special=False, parse_special=special)
        return list(found["tokens"])

    def greedy(self, prompts: Sequence[Sequence[int]], tokens: int) -> list[list[int]]:
        """What it says after each prompt, several at once; no further than a token that ends a text."""

        def one(prompt: Sequence[int]) -> list[int]:
            found = self.post(
                "completion", prompt=list(prompt), n_predict=tokens, temperature=0, samplers=["temperature"],
                return_tokens=True, cache_prompt=False,
            )  # fmt: skip
            return list(found["tokens"])

        with ThreadPoolExecutor(SLOTS) as pool:
            return list(pool.map(one, prompts))

    def rendered(self, messages: Sequence[dict[str, str]]) -> str:
        """The prompt that it makes of a conversation, by the template in the file."""
        return str(self.post("apply-template", messages=list(messages))["prompt"])


@contextmanager
def llama_cpp(path: Path, *, context: int = 256) -> Iterator[LlamaCpp]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.llama_cpp", str(path), str(context)], cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address.startswith("http"):
            raise RuntimeError(f"llama.cpp did not load {path.name}: {address}")
        yield LlamaCpp(address)
    finally:
        process.stdin.close()  # it takes this as the order to end
        process.wait(120)
        process.stdout.close()


def main(path: str, context: str) -> None:
    import os

    to_parent = os.dup(1)
    os.dup2(2, 1)  # native code prints on standard output
    import xllamacpp

    p = xllamacpp.CommonParams()
    p.model.path = path
    p.hostnames, p.port, p.n_ctx, p.n_parallel = ["127.0.0.1"], 0, int(context) * SLOTS, SLOTS
    p.cache_type_k = p.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    p.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED  # it works in half precision
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
    p.n_threads_http, p.ui, p.use_jinja, p.cache_ram_mib, p.warmup = SLOTS + 1, False, True, 0, False
    try:
        server = xllamacpp.Server(p)
    except (RuntimeError, ValueError, OSError) as error:
        os.write(to_parent, f"{error}\n".encode())
        raise SystemExit(1) from error
    os.write(to_parent, server.listening_address.encode() + b"\n")
    # Nobody holds the other end once the parent is gone.
    ended = threading.Thread(target=sys.stdin.read, daemon=True)
    ended.start()
    ended.join()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
