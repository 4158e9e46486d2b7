"""The report says every reason in French and in English."""

import re
import tomllib
from pathlib import Path

import pytest

from causerie.data import report
from causerie.data.steps.duplicates import ExactDuplicates, NearDuplicates
from causerie.data.steps.instructions import DESCRIBING, SHAPING
from causerie.data.steps.table import TABLE

ROOM = Path(report.__file__).parent
SPOKEN = [*(ROOM / "forms").glob("*.py"), *(ROOM / "formats").glob("*.py"), *(ROOM / "steps").glob("*.py")]
SPOKEN += (ROOM / "sources").glob("*.py")
REASON = re.compile(r'(?:Removed\(|_counted\(counts, |return |msg = |counts\[|yield Removed\()f?"([A-Za-z][^"{}]*)"')
NOT_REASONS = {"the hub names a file outside its repository", "bool"}


def french() -> dict[str, str]:
    table = tomllib.loads((ROOM / "report_fr.toml").read_text(encoding="utf-8"))
    return {english: text for section in table.values() for english, text in section.items()}


def test_no_reason_and_no_step_lacks_its_french() -> None:
    found = {reason for path in SPOKEN for reason in REASON.findall(path.read_text(encoding="utf-8"))}
    found |= {ExactDuplicates.reason, NearDuplicates.reason, *TABLE, *SHAPING, *DESCRIBING} - NOT_REASONS
    assert len(found) > 40
    assert not sorted(found - french().keys())


def test_no_sentence_of_the_page_lacks_its_french() -> None:
    said = set(re.findall(r"""say\(\s*["']([^"']+)["']""", (ROOM / "report.py").read_text(encoding="utf-8")))
    assert len(said) > 8
    assert not sorted(said - french().keys())
    for english, text in french().items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize(
    ("language", "reason", "expected"),
    [
        ("fr", "repeated 5-grams", "suites de 5 mots répétées"),
        ("en", "repeated 5-grams", "repeated 5-grams"),
        ("fr", "number of words", "nombre de mots"),
        ("fr", "an unknown role: wizard", "an unknown role: wizard"),
        ("de", "number of words", "number of words"),
    ],
)
def test_reasons_with_their_numbers(language: str, reason: str, expected: str) -> None:
    assert report._Words(language).reason(reason) == expected


def test_numbers_as_the_language_writes_them() -> None:
    assert report._Words("fr").number(1234567) == "1\u202f234\u202f567"
    assert report._Words("fr").share(1, 8) == "12,5\u202f%"
    assert report._Words("en").number(1234567) == "1,234,567"
    assert report._Words("en").share(1, 8) == "12.5%"
