"""Data of a small language, written once, and torch as tests want it."""

from pathlib import Path

import pytest
import torch

from tests.training.runs import write_language
from tests.training.talks import write_talks


@pytest.fixture(scope="session")
def language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_language(tmp_path_factory.mktemp("language"))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Products in the same order each time, and one core left to others."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_talks(tmp_path_factory.mktemp("talks"))
