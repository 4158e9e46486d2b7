"""The report: a page that stands alone, with what each step removed and changed, and examples to judge it by.

Does: write one HTML file in French or English, without scripts, that a browser opens from the disk.
Does not: hold personal data: examples were masked when they were taken.
"""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from causerie.data.card import Card, StepFacts
from causerie.data.records import SPLITS
from causerie.data.tally import Example, Tally, total
from causerie.data.wording import Wording

_NUMBER = re.compile(r"\d+")


class _Words(Wording):
    """Sentences in the report's language."""

    def __init__(self, language: str) -> None:
        super().__init__(language, Path(__file__).with_name("report_fr.toml"))

    def reason(self, text: str) -> str:
        """Why a text went, a number in it or not; what nobody foresaw stays English."""
        number = _NUMBER.search(text)
        said = self(_NUMBER.sub("N", text))
        return said.replace("N", number[0], 1) if number else said


def write_report(card: Card, by_source: Iterable[Tally], path: Path, language: str = "en") -> None:
    """Write the page of data that was just built."""
    say = _Words(language)
    tally = total(by_source)
    made = say(
        "Made {date} by causerie {version}, seed {seed}.", date=card.made_at, version=card.causerie, seed=card.seed
    )
    body = [f"<p class=soft>{escape(made)}</p>"]
    if card.description:
        body.append(f"<p>{escape(card.description)}</p>")
    for split in SPLITS:
        samples, characters = say.number(card.samples(split)), say.number(card.characters(split))
        said = say("{split}: {samples} samples, {characters} characters", split=say(split), samples=samples,
                 characters=characters)  # fmt: skip
        body.append(f"<p>{escape(said)}</p>")
    body += [f"<h2>{say('Sources')}</h2>", _sources(card, say), f"<h2>{say('Steps')}</h2>"]
    for facts, counted in zip(card.steps, tally.steps, strict=True):
        body.append(_step(facts, counted.examples, say))
    body += [f"<h2>{say('Files')}</h2>", _files(card, say)]
    body.append(f"<p class=soft><code>{escape(say('Hash of the data: {hash}', hash=card.data_sha256))}</code></p>")
    page = Template(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
    title = escape(say("Data: {name}", name=card.name))
    path.write_text(page.substitute(lang=say.language, title=title, body="\n".join(body)), "utf-8", "replace")


def _sources(card: Card, say: _Words) -> str:
    whole = sum(each.training_characters for each in card.sources)
    headings = ("source", "licence", "language", "read", "kept", "repeated", "training characters", "share")
    rows = [
        (each.name, each.licence, each.language, say.number(each.samples), say.number(each.kept),
         f"{each.repeats:g} x", say.number(each.training_characters), say.share(each.training_characters, whole))
        for each in card.sources
    ]  # fmt: skip
    return _table([say(each) for each in headings], rows, numbers_from=3)


def _files(card: Card, say: _Words) -> str:
    headings = [say(each) for each in ("file", "samples", "characters")]
    rows = [(each.path, say.number(each.samples), say.number(each.characters)) for each in card.files]
    return _table(headings, rows, numbers_from=1)


def _table(headings: list[str], rows: Iterable[tuple[str, ...]], numbers_from: int) -> str:
    def line(cells: Iterable[str], tag: str) -> str:
        made = (
            f"<{tag}{' class=n' if place >= numbers_from else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(made)}</tr>"

    return f"<div class=scroll><table>{line(headings, 'th')}{''.join(line(row, 'td') for row in rows)}</table></div>"


def _step(facts: StepFacts, examples: dict[str, list[Example]], say: _Words) -> str:
    gone = sum(facts.removed.values())
    # What the reading itself refused was never counted as seen.
    seen = facts.seen + (gone if facts.name == "read" else 0)
    kept = seen - gone
    said = say(
        "{kept} of {seen} texts stayed ({share}); {characters} characters went", kept=say.number(kept),
        seen=say.number(seen), share=say.share(kept, seen), characters=say.number(facts.removed_characters),
    )  # fmt: skip
    title = say("Reading") if facts.name == "read" else say(facts.name)
    pieces = [f"<h3>{escape(title)}</h3>", f"<div class=bar><i style='width:{kept / max(seen, 1):.2%}'></i></div>"]
    pieces.append(f"<p class=soft>{escape(said)}</p>")
    for heading, counts in (("removed", facts.removed), ("changed", facts.edited)):
        for reason, count in counts.items():
            told = say(
                "{what}, {reason}: {count}", what=say(heading), reason=say.reason(reason), count=say.number(count)
            )
            pieces.append(_examples(told, examples.get(reason, [])))
    if not facts.removed and not facts.edited and facts.name != "read":
        pieces.append(f"<p class=soft>{escape(say('It found nothing to do.'))}</p>")
    return "\n".join(pieces)


def _examples(told: str, examples: list[Example]) -> str:
    if not examples:
        return f"<p>{escape(told)}</p>"
    shown = []
    for each in examples:
        shown.append(f"<p class=soft><code>{escape(each.id)}</code></p>")
        if each.before:
            shown.append(f"<pre>{escape(each.before)}</pre>")
        if each.after:
            shown.append(f"<pre class=after>{escape(each.after)}</pre>")
    return f"<details><summary>{escape(told)}</summary>{''.join(shown)}</details>"
