"""What only people can say of a model: what it is for, what it is bad at, who answers for it.

Does: read `card.toml` in the model's folder; what it leaves out is taken from the nearest ancestor that says it, and
at last from what the makers of a model of elsewhere published (`origins.py`). Of a model that was trained here, the
setting `organisation` says who made it, where no such file does.
Does not: write it; people do, in any editor.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from causerie.errors import ConfigError
from causerie.registry.lineage import Family, before_quantising, members
from causerie.registry.origins import Origin
from causerie.settings import Settings

FILE = "card.toml"
MAX_BYTES = 2**16
KEYS: Mapping[str, str] = {
    "description": "what the model is, in a few sentences",
    "developed_by": "who made it",
    "contact": "where questions about it go",
    "uses": "what it is for",
    "out_of_scope": "what it is not for",
    "limitations": "what it is bad at, its risks and biases",
    "authorised_representative": "in the Union, of a provider outside it",
    "placed_on_market": "the day on which it was placed on the Union's market",
    "collected_until": "the last day on which data was collected",
    "content": "what kinds of texts it learned from",
    "licensed_data": "data that was licensed from its rightsholders",
    "private_data": "data that is not public and was got from other third parties",
    "crawled_data": "what was collected online: crawlers, period, and the domains with most of it",
    "user_data": "data of users of the provider's other services",
    "synthetic_data": "data that other models wrote, and which",
    "other_data": "data of any other kind",
    "rights_reservations": "how reservations of rights against text and data mining were respected",
    "illegal_content": "how illegal content was kept out",
}
"""Keys of `card.toml`, and what they mean. The last twelve are for the summary of training content alone."""
REQUIRED = ("description", "developed_by", "uses", "limitations")
"""Without these, a card is not complete."""
OF_ITS_MAKERS = frozenset({"developed_by", "contact", "authorised_representative", "placed_on_market"})
"""Keys that makers of elsewhere say of their own model alone: who trains it further is another."""


def notes_of(settings: Settings, family: Family) -> dict[str, str]:
    """What people said of a model, or of the ancestor that is nearest to it.

    Raises:
        ConfigError: A file is no TOML, has a key that is not known, or is too large.
    """
    found: dict[str, str] = {}
    itself = before_quantising(family)
    ours = settings.organisation.strip() if _made_here(itself) else ""
    for member in members(family):
        name = member.version.model if member.version else ""
        if name and Path(name).name == name:
            said = read(settings.models_folder / name / FILE)
            if ours and not _made_here(member):
                said.pop("developed_by", None)
            found = said | found
        if member.origin is not None:
            found = _published(member.origin, itself=member.key == itself.key) | found
    return {"developed_by": ours} | found if ours else found


def _made_here(member: Family) -> bool:
    return member.lineage is not None and member.lineage.made_by in {"run", "quantised"}


def _published(origin: Origin, *, itself: bool) -> dict[str, str]:
    """What was published of a model; in the card of one that was trained from it, it says of which it speaks."""
    if itself:
        return dict(origin.card)
    of = f"Of {origin.name}, from which it was trained: "
    return {key: of + text for key, text in origin.card.items() if key not in OF_ITS_MAKERS}


def read(path: Path) -> dict[str, str]:
    """What one file says (empty = there is none)."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ConfigError("{path} is too large: {most} bytes at most", path=str(path), most=MAX_BYTES)
        said = tomllib.loads(text.decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("{path} cannot be read: {reason}", path=str(path), reason=str(error)) from error
    for key, value in said.items():
        if key not in KEYS or not isinstance(value, str):
            raise ConfigError(
                "{path}: {key} is not known, or is no text", path=str(path), key=key[:64],
                hint="known are: {known}", known=", ".join(KEYS),
            )  # fmt: skip
    return {key: value.strip() for key, value in said.items() if value.strip()}
