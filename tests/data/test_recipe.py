"""A wrong recipe is told with its key, its line and the fix."""

from pathlib import Path

import pytest

from causerie.data.recipe import DataRecipe, load_recipe
from causerie.data.sources.files import Files
from causerie.data.steps.decontaminate import Decontaminate
from causerie.data.toml_recipe import line_of, parsed
from causerie.errors import ConfigError

GOOD = """\
name = "novels"   # line 1
seed = 7

[[sources]]
name = "french"
kind = "files"
path = "texts/*.txt"
licence = "public domain"

[[sources]]
name = "python"
kind = "python-docs"

[[steps]]
use = "normalise"

[[steps]]
use = "decontaminate"
against = ["tests/gsm8k.jsonl"]

[[steps]]
use = "near-duplicates"
bands = 14
"""


def recipe(text: str, *changes: str) -> DataRecipe:
    return parsed(DataRecipe, text, "novels.toml", changes)


def refusal(text: str, *changes: str) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        recipe(text, *changes)
    return raised.value


SHIPPED = sorted((Path(__file__).parents[2] / "recipes" / "data").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_recipe_that_ships_is_right(path: Path) -> None:
    assert load_recipe(path).name == path.stem


def test_a_recipe_has_its_defaults_and_a_hash_of_all_keys() -> None:
    made = recipe(GOOD)
    assert (made.holdout, made.sources[1].licence, made.mixture.characters) == (0.01, "PSF-2.0", 0)
    assert made.sha256() == recipe(GOOD.replace("# line 1", "# other words")).sha256()
    assert made.sha256() == recipe("holdout = 0.01\n" + GOOD).sha256()
    assert made.sha256() != recipe(GOOD.replace("14", "15")).sha256()


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("seed = 7", "sed = 7", "novels.toml, line 2: the key sed is not known", "did you mean seed?"),
        ("seed = 7", "wizard = 7", "line 2: the key wizard is not known", "here may stand: description, holdout,"),
        ("seed = 7", "seed = -1", "line 2: seed is not right: Input should be greater", "it is -1"),
        ("seed = 7", 'seed = "x"', "line 2: seed is not right: Input should be a valid integer", "it is 'x'"),
        ('path = "t', 'pth = "t', "line 4: the key sources[1].path is missing", "write sources[1].path = ..."),
        ('kind = "files"\n', "", "line 4: the key sources[1].kind is missing", "write sources[1].kind = ..."),
        ('"files"', '"file"', "line 6: there is no sources[1].kind 'file'", "did you mean files?"),
        ('"normalise"', '"washing"', "line 15: there is no steps[1].use 'washing'", "it can be normalise"),
        ("bands = 14", "bnds = 14", "line 23: the key steps[3].bnds is not known", "did you mean bands?"),
        (
            'use = "normalise"',
            'use = "language"\nkeep = ["fr", "eng"]',
            "line 16: steps[1].keep[2] is not right",
            "'eng'",
        ),
        ("bands = 14", "bands = 0", "line 23: steps[3].bands is not right", "it is 0"),
        ('licence = "public domain"', 'licence = ""', "line 8: sources[1].licence is not right", "it is ''"),
        ('"python"', '"french"', "line 1: the recipe is not right: two sources have the name 'french'", ""),
        ("seed = 7", "seed = ", "novels.toml is not TOML: Invalid value (at line 2", "texts stand in double quotes"),
    ],
)
def test_what_is_wrong_is_told_with_key_line_and_fix(old: str, new: str, message: str, hint: str) -> None:
    assert old in GOOD
    error = refusal(GOOD.replace(old, new, 1))
    assert message in str(error)
    assert hint in error.hint


def test_contradictions_are_refused() -> None:
    weighted = GOOD.replace('kind = "files"', 'kind = "files"\nweight = 2')
    assert "source 'python' has no weight and others have" in str(refusal(weighted))
    assert "needs a weight for every source" in str(refusal(GOOD + "[mixture]\ncharacters = 5\n"))
    late = GOOD + '[[steps]]\nuse = "gopher"\n'
    assert "the step 'gopher' stands after one that compares all texts" in str(refusal(late))
    assert "sources is missing" in str(refusal('name = "x"\n'))


def test_the_command_line_changes_keys() -> None:
    made = recipe(GOOD, "seed=9", "sources.0.path=other.txt", "mixture={characters = 0}", "steps.2.bands = 20")
    assert made.seed == 9
    assert isinstance(made.sources[0], Files)
    assert made.sources[0].path == "other.txt"
    assert made.said()["steps"][2]["bands"] == 20
    assert "must be key=value" in str(refusal(GOOD, "seed"))
    assert "does not lead anywhere" in str(refusal(GOOD, "sources.x=3"))
    assert "the key sed is not known" in str(refusal(GOOD, "sed=1"))


def test_paths_are_beside_the_recipe(tmp_path: Path) -> None:
    made = recipe(GOOD).beside(tmp_path)
    assert isinstance(made.sources[0], Files)
    assert made.sources[0].path == str(tmp_path / "texts/*.txt")
    assert isinstance(made.steps[1], Decontaminate)
    assert made.steps[1].against == (str(tmp_path / "tests/gsm8k.jsonl"),)
    assert recipe(GOOD.replace("texts/*", "/abs/*")).beside(tmp_path).said()["sources"][0]["path"] == "/abs/*.txt"


def test_a_recipe_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml cannot be read: No such file"):
        load_recipe(tmp_path / "nothing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"bytes\.toml cannot be read"):
        load_recipe(tmp_path / "bytes.toml")


HARD = '''
a = [
  "b = 1",
]
"quoted key" = 1
text = """
c = 3
"""
[x.y]
c = { d = 1 }
[[x.list]]
e = 1
[[x.list]]
e = 2
[x.list.sub]
f = 3
'''


@pytest.mark.parametrize(
    ("way", "line"),
    [
        (("a",), 2),
        (("quoted key",), 5),
        (("b",), 1),
        (("c",), 1),
        (("x", "y", "c"), 10),
        (("x", "y", "c", "d"), 10),
        (("x", "list", 0, "e"), 12),
        (("x", "list", 1, "e"), 14),
        (("x", "list", 1, "missing"), 13),
        (("x", "list", 1, "sub", "f"), 16),
    ],
)
def test_lines_are_found_in_hard_files(way: tuple[str | int, ...], line: int) -> None:
    assert line_of(HARD, way) == line
