"""The public summary of training content that Article 53(1)(d) of the EU's AI Act asks of general-purpose models.

Does: fill the template as far as lineage, data cards and people's notes go; mark the rest as missing.
Does not: judge whether a model needs one, nor whether what people wrote suffices.
Try it: causerie models card NAME --summary

The template is the AI Office's of 24 July 2025: https://digital-strategy.ec.europa.eu/en/library/explanatory-notice-
and-template-public-summary-training-content-general-purpose-ai-models (adopted as C(2025) 8311 on 5 December 2025).
Numbers and titles of its sections are kept, so that readers find their way; the words in between are ours. Its yes/no
boxes and its fields of each data set are not: what people write in the notes stands in their place.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from causerie.registry.card import MISSING, languages
from causerie.registry.contract import Feedback, Text
from causerie.registry.lineage import Family, is_quantised, members

SOURCE = (
    "https://digital-strategy.ec.europa.eu/en/library/"
    "explanatory-notice-and-template-public-summary-training-content-general-purpose-ai-models"
)
SIZES = ((10**9, "Less than 1 billion tokens"), (10**13, "1 billion to 10 trillion tokens"))
"""Ranges of the template for text: below so many tokens."""
LARGEST = "More than 10 trillion tokens"
PUBLIC_KINDS = ("hub", "python-docs")
"""Kinds of sources that anybody can get."""
CONSENT = "LicenseRef-causerie-consent"
"""Licence of what people of this server said and let it learn from: section 2.4."""
LARGE_SHARE = 0.03
"""A public data set with more than this share of all public data is large, and is to be named (section 2.1). The
figure is not in the template's boxes but in its explanations: look there before you rely on it."""


def summary_of(family: Family, notes: Mapping[str, str], *, today: datetime | None = None) -> str:
    """The summary, Markdown.

    Args:
        family: Of the version: a model that goes on from another stands on that one's texts too.
        notes: As `notes.notes_of`.
        today: The day that it says it was written on (None = today).
    """
    texts = [
        text for member in members(family) if member.lineage for data in member.lineage.data for text in data.texts
    ]
    learned = [member for member in members(family) if not is_quantised(member)]
    unknown = [member.name for member in learned if not (member.lineage and member.lineage.data)]
    parts = [
        "# Public summary of training content",
        f"After the template of the AI Office of the European Commission ({SOURCE}), Regulation (EU) 2024/1689,"
        f" Article 53(1)(d). Last update: written by causerie on {today or datetime.now(UTC):%Y-%m-%d} from the"
        " model's lineage.",
        *_general(family, notes, texts, unknown),
        *_sources(family, notes, texts, unknown),
        *_processing(family, notes),
    ]
    return "\n\n".join(parts) + "\n"


def _general(
    family: Family, notes: Mapping[str, str], texts: Sequence[Text], unknown: Sequence[str]
) -> Iterator[str]:
    version = family.version.id if family.version else ""
    dependencies = "; ".join(_named(parent) for parent in family.parents)
    yield "## 1. General information"
    yield "### 1.1. Provider identification"
    yield _fields({
        "Provider name and contact details": ", ".join(
            each for each in (notes.get("developed_by", ""), notes.get("contact", "")) if each
        ),
        "Authorised representative name and contact details": notes.get("authorised_representative", ""),
    })  # fmt: skip
    yield "### 1.2. Model identification"
    yield _fields({
        "Versioned model name(s)": f"{family.name}, version `{version}`" if version else family.name,
        "Model dependencies": dependencies or ("none" if family.lineage and not family.lineage.parents else ""),
        "Date of placement of the model on the Union market": notes.get("placed_on_market", ""),
    })  # fmt: skip
    yield "### 1.3. Modalities, overall training data size and other characteristics"
    yield _fields({
        "Modality": "Text",
        "Training data size": _size(family, texts, unknown),
        "Types of content": notes.get("content", ""),
        "Latest date of data acquisition/collection for model training": notes.get("collected_until", ""),
        "Description of the linguistic characteristics of the overall training data": ", ".join(languages(family)),
        "Data that is not known": ", ".join(unknown) or "none",
    })  # fmt: skip


def _size(family: Family, texts: Sequence[Text], unknown: Sequence[str]) -> str:
    """The range of the template, where it is certain: a token is a character at least, and is seen once at least."""
    if unknown or not texts or not all(text.characters for text in texts):
        return ""
    seen = sum(member.lineage.tokens for member in members(family) if member.lineage)
    characters = sum(text.characters for text in texts)
    most = min(characters, seen) if seen else characters
    if most < SIZES[0][0]:
        return f"{SIZES[0][1]} ({characters:,} characters)"
    return f"{MISSING} Between the ranges: {characters:,} characters, {seen:,} tokens seen with repeats."


def _sources(
    family: Family, notes: Mapping[str, str], texts: Sequence[Text], unknown: Sequence[str]
) -> Iterator[str]:
    public = [text for text in texts if text.kind in PUBLIC_KINDS]
    other = [text for text in texts if text.kind not in PUBLIC_KINDS and text.licence != CONSENT]
    yield "## 2. List of data sources"
    yield "### 2.1. Publicly available datasets"
    yield _listed(public, large=LARGE_SHARE) if public else _none(unknown)
    yield "### 2.2. Private non-publicly available datasets obtained from third parties"
    yield "#### 2.2.1. Datasets commercially licensed by rightsholders or their representatives"
    yield notes.get("licensed_data", MISSING)
    yield "#### 2.2.2. Private datasets obtained from other third parties"
    yield notes.get("private_data", MISSING)
    yield "### 2.3. Data crawled and scraped from online sources"
    yield notes.get("crawled_data", f"{MISSING} causerie itself crawls nothing.")
    yield "### 2.4. User data"
    told = [member.lineage.feedback for member in members(family) if member.lineage and member.lineage.feedback]
    yield "\n".join([*(_feedback(each) for each in told), notes.get("user_data", "" if told else MISSING)]).strip()
    yield "### 2.5. Synthetic data"
    yield notes.get("synthetic_data", MISSING)
    yield "### 2.6. Other sources of data"
    yield "\n\n".join(each for each in (_listed(other) if other else "", notes.get("other_data", "")) if each) or (
        _none(unknown)
    )


def _processing(family: Family, notes: Mapping[str, str]) -> Iterator[str]:
    steps = {step: None for member in members(family) if member.lineage for data in member.lineage.data
             for step in data.steps}  # fmt: skip
    yield "## 3. Data processing aspects"
    yield "### 3.1. Respect of reservation of rights from text and data mining exception or limitation"
    yield notes.get("rights_reservations", MISSING)
    yield "### 3.2. Removal of illegal content"
    yield notes.get("illegal_content", MISSING)
    yield "### 3.3. Other information (optional)"
    yield f"Steps that the texts went through, in order: {', '.join(steps)}." if steps else MISSING


def _listed(texts: Sequence[Text], large: float = 0.0) -> str:
    """A table of sources, those first that are large enough to be named by the template."""
    # Where one size is not known, no share is.
    total = sum(text.characters for text in texts) if all(text.characters for text in texts) else 0
    rows = []
    for text in sorted(texts, key=lambda each: -each.characters):
        share = text.characters / total if total else 0.0
        mark = " (large)" if large and share > large else ""
        licence = _cell(text.licence) or MISSING
        size = f"{text.characters:,}" if text.characters else MISSING
        shown = f"{share:.1%}" if total else MISSING
        rows.append(f"| {_cell(text.name)}{mark} | {text.kind} | {licence} | {size} | {shown} |")
    return "\n".join(["| name | kind | licence | characters | share |", "|---|---|---|---:|---:|", *rows])


def _feedback(told: Feedback) -> str:
    return (
        f"- Feedback that {told.people:,} people of this server consented to give: {told.pairs:,} compared answers"
        f" and {told.judgements:,} judgements{f', until {told.until}' if told.until else ''}."
    )


def _named(parent: Family) -> str:
    return (
        f"{parent.name} (version `{parent.version.id[:12]}`)" if parent.version else f"{parent.name} (unregistered)"
    )


def _none(unknown: Sequence[str]) -> str:
    return MISSING if unknown else "None."


def _fields(facts: Mapping[str, str]) -> str:
    rows = [f"| {name} | {_cell(value) or MISSING} |" for name, value in facts.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
