"""What every test stands on: a data folder of its own, and a clean environment."""

import signal
from pathlib import Path

import pytest
import structlog

from causerie.settings import Settings, load_settings

# Whoever starts the tests in the background has Ctrl-C ignored, by them and by every program that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests reaches them; English, unless a test says otherwise."""
    import os

    for name in list(os.environ):
        if name.startswith(("CAUSERIE_", "HF_", "OTEL_", "LC_", "OPENAI_")) or name in {"LANG", "LANGUAGE"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CAUSERIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture(autouse=True)
def fresh_logs() -> None:
    """No test writes into the captured output of another, which is closed."""
    structlog.reset_defaults()


@pytest.fixture
def settings(clean_environment: None) -> Settings:
    """The default settings, with a data folder of their own."""
    return load_settings()
