"""Runs of a model that is made in seconds: their texts, their recipe, and what a person reads on their way.

Does: prepare a data folder in which two runs are over, and a third can be begun from the page.
"""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.web.team import causerie

TEXTS = """name = "tiny"
seed = 0
holdout = 0.1

[[sources]]
name = "tiny"
kind = "files"
path = "texts"
licence = "CC0-1.0"
"""
RECIPE = """# Of a few words, in seconds.
objective = "pretrain"
run = "runs/tiny"
seed = 1

[data]
folder = "data/tiny"

[tokenizer]
vocabulary = 300

[model]
depth = 1
width = 32
heads = 2
head_width = 16
hidden = 64
context = 32

[batch]
size = 8
micro_size = 8

[schedule]
steps = {steps}

[checkpoints]
every_steps = {often}

[evaluation]
every_steps = {often}
sequences = 8

[samples]
every_steps = {often}
prompts = ["the cat "]
tokens = 12

[compute]
compile = "off"
threads = 1
"""


def write_texts(folder: Path) -> None:
    """Some pages of a language of few words."""
    folder.mkdir(parents=True)
    words = ["the cat", "a dog", "sleeps", "sees", "the moon", "and", "a house", "by the sea", "today", "again"]
    for page in range(40):
        said = [words[(page * 7 + at * (3 + page % 3)) % len(words)] for at in range(120)]
        (folder / f"{page}.txt").write_text(" ".join(said) + f" page {page}.\n")


def made(home: Path) -> Path:
    """A data folder with texts that a run can learn from, and two runs that are over."""
    write_texts(home / "texts")
    (home / "tiny.toml").write_text(TEXTS)
    causerie(home, "data", "build", str(home / "tiny.toml"), "--out", str(home / "data" / "tiny"))
    recipe = home / "run.toml"
    recipe.write_text(RECIPE.format(steps=60, often=20))
    changes = (
        f"run={json.dumps(str(home / 'runs' / 'first'))}",
        f"data.folder={json.dumps(str(home / 'data' / 'tiny'))}",
    )
    causerie(home, "train", str(recipe), "--set", changes[0], "--set", changes[1])
    shutil.copytree(home / "runs" / "first", home / "runs" / "second")
    return home


def rows_of(run: Path) -> list[dict[str, object]]:
    """What a run wrote down."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


class Words(NamedTuple):
    """What a person reads on their way, in one language."""

    locale: str
    menu: str
    start: str
    name: str
    box: str
    check: str
    good: str
    begin: str
    pause: str
    paused: str
    resume: str
    finished: str
    add: str
    make: str
    talk: str


ENGLISH = Words(
    "en-US", "Runs", "Start a run", "Name of the run", "The recipe, in TOML", "Check", "This recipe can be run.",
    "Start", "Pause", "Paused", "Resume", "Finished", "Add to the models", "Add it", "Talk with it",
)  # fmt: skip
FRENCH = Words(
    "fr-FR", "Entraînements", "Lancer un entraînement", "Nom de l\u2019entraînement", "La recette, en TOML",
    "Vérifier", "Cette recette peut servir.", "Lancer", "Mettre en pause", "En pause", "Reprendre", "Terminé",
    "Ajouter aux modèles", "L\u2019ajouter", "Parler avec lui",
)  # fmt: skip
