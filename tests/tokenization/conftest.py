"""Small tokenizers, one for each way to split, learnt from French, English, code and emoji."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from causerie.tokenization import splitting
from causerie.tokenization.tokenizer import Tokenizer
from causerie.tokenization.train import train_bpe

SAMPLES = {
    "french": "L'été où Zoé naquit, ça changea tout : « Déjà ? » dit-elle. Aujourd'hui, l'œuvre coûte 1 234,56 €.",
    "english": "It's the children's first day; they'll say they've seen 12 of the 1,234 things I'd shown 'em.",
    "code": "def f(x):\n    if x >= 10:\n\t\treturn {'a': [1, 2_000, 0xFF]}  # done\r\n\n\n    else:\n        pass\n",
    "emoji": "😀👩‍👩‍👧 🇫🇷 👍🏽 ❤️ ok 日本語テスト 한국어 العربية हिन्दी ١٢٣ ½ ² Ⅷ",
    "blanks": " \t a  b   c\n\n d \n\n\n  e\u00a0f\u3000 g\u2028h \n",
    "nothing": "",
    "broken": b"caf\xe9 \xff\xfe \xf0\x9f\x98 \xc3\xa9 \xed\xa0\x80".decode("utf-8", "replace"),
}


def corpus() -> list[str]:
    """Two hundred thousand characters: four modules of the standard library, and the samples."""
    library = Path(textwrap.__file__).parent
    names = ("textwrap", "argparse", "json/decoder", "statistics")
    texts = [(library / f"{name}.py").read_text("utf-8") for name in names]
    return texts + [text for text in SAMPLES.values() for _ in range(30)]


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of the tokenizer that splits by this name."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            train_bpe(corpus(), made[name], vocabulary=1500, pre_tokenizer=name)
        return made[name]

    return folder


@pytest.fixture(params=splitting.TABLE)
def folder(request: pytest.FixtureRequest, folder_of: Callable[[str], Path]) -> Path:
    return folder_of(request.param)


@pytest.fixture
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.load(folder)


@pytest.fixture
def chat_tokenizer(folder_of: Callable[[str], Path]) -> Tokenizer:
    return Tokenizer.load(folder_of("llama-bpe"))
