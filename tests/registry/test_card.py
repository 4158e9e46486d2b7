"""Cards, the Union's summary, bills and drawings say what is known, and mark what is not."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from math import inf, nan
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from huggingface_hub import ModelCard

from causerie.cli.language import t
from causerie.errors import ConfigError
from causerie.evaluation import store as evaluations
from causerie.registry import adding, bill_of_materials, card, lineage_drawing, notes, training_summary
from causerie.registry.contract import Feedback, Lineage, ModelVersion
from causerie.registry.lineage import Family
from causerie.registry.story import story_of
from tests.inference.gguf_writer import LLAMA, gguf
from tests.registry.bills import assert_valid
from tests.registry.stories import CARD, DAY, Registry, evaluation

NOTES = {
    "description": "Tells fables.",
    "developed_by": "Ada",
    "contact": "ada@example.org",
    "uses": "Telling fables.",
    "out_of_scope": "Telling the truth.",
    "limitations": "It invents.",
}
SAID = "\n".join(f'{key} = "{value}"' for key, value in NOTES.items())


def front_matter(text: str) -> dict[str, Any]:
    """What the hub's own library reads of a card."""
    return vars(ModelCard(text, ignore_metadata_errors=False).data)


async def grown(registry: Registry) -> tuple[ModelVersion, Family]:
    """A model, its parent, and what people said of it."""
    await registry.add(registry.run("base", flops=1e18))
    told = Feedback(pairs=12, judgements=30, people=4, until="2026-10-31", sha256="8" * 64)
    version = await registry.add(registry.run("fabler", start="runs/base", flops=2e18), feedback=told)
    return version, await registry.family(version)


async def test_the_hub_reads_the_card(registry: Registry) -> None:
    version, family = await grown(registry)
    text = card.card_of(family, [evaluation(version)], NOTES)
    read = front_matter(text)
    assert (read["language"], read["license"], read["library_name"]) == (["en", "fr"], "apache-2.0", "gguf")
    assert (read["base_model"], read["datasets"], read["model_name"]) == (["base"], ["fables"], "fabler")
    (result,) = read["eval_results"]
    assert (result.dataset_name, result.metric_type, result.metric_value) == ("core", "accuracy", 0.75)
    for part in ("# fabler", "Tells fables.", "12 compared answers", "fables | CC0-1.0", "0.65 to 0.85 (95%)",
                 "3e+18 floating point operations", version.id, version.sha256, 'objective = "sft"'):  # fmt: skip
        assert part in text, part
    assert card.gaps(family, [evaluation(version)], NOTES) == ()
    assert "Nothing that a complete card must say." in text
    assert "was let past a gate" not in text


async def test_what_is_missing_is_marked_as_missing(registry: Registry) -> None:
    version = await registry.add(registry.run("bare", card={**CARD, "sources": [], "steps": []}))
    family = await registry.family(version)
    missing = card.gaps(family, [], {})
    assert missing == (
        "description: what the model is, in a few sentences",
        "developed_by: who made it",
        "uses: what it is for",
        "limitations: what it is bad at, its risks and biases",
        "an evaluation",
    )
    text = card.card_of(family, [], {})
    front_matter(text)
    for part in ("- **Developed by:** **Missing.**", "**Missing.** What it is for.", "## Evaluation\n\n**Missing.**",
                 "- **Language(s) (NLP):** **Missing.**", "- an evaluation"):  # fmt: skip
        assert part in text, part


async def test_a_model_of_elsewhere_is_all_gaps_and_other_licences_are_named(registry: Registry) -> None:
    content = gguf({**LLAMA, "general.license": "llama3.2"})
    model = await registry.pulled("llama", content)
    version = await adding.add_installed(registry.database, registry.settings, model)
    family = await registry.family(version)
    assert card.gaps(family, [evaluation(version)], NOTES) == ("origin of llama",)
    read = front_matter(card.card_of(family, [], NOTES))
    assert (read["license"], read["license_name"]) == ("other", "llama3.2")
    unknown = replace(family, lineage=None, version=None)
    text = card.card_of(unknown, [], {})
    assert "licence of the weights" in card.gaps(unknown, [], {})
    assert front_matter(text)["license_name"] == "unknown"


async def test_names_of_others_open_no_markup(registry: Registry) -> None:
    evil = "x](https://evil.example) | <script>\n# heading `code` _it_"
    source = {**CARD["sources"][0], "name": evil, "licence": evil}
    run = registry.run("base", card={**CARD, "name": evil, "sources": [source]})
    (run / "recipe.toml").write_text((run / "recipe.toml").read_text() + "\n# ```\n# <script>\n")
    family = await registry.family(await registry.add(run))
    text = card.card_of(family, [], {})
    _, _, body = text.split("---\n", 2)
    outside = body[: body.index("<details>")] + body[body.index("</details>") :]
    assert "<script>" not in outside
    assert not re.search(r"(?<!\\)\]\(https://evil", outside)
    assert not [line for line in outside.splitlines() if line.startswith("# heading")]
    assert "````toml" in body
    summary = training_summary.summary_of(family, {})
    assert "<script>" not in summary
    assert "<script>" not in lineage_drawing.as_svg(family)
    ET.fromstring(lineage_drawing.as_svg(family))


async def test_an_override_shows_at_the_top(registry: Registry) -> None:
    _, family = await grown(registry)
    text = card.card_of(family, [], NOTES, ["Released as `chat` by two people."])
    assert text.index("let past a gate that refused it") < text.index("## Model Details")


def test_an_open_interval_is_unknown() -> None:
    metric = evaluation(ModelVersion(
        id="0", model="m", created_at=DAY, status="candidate", files=(), lineage=Lineage(), manifest="", signature="",
    )).metrics[0]  # fmt: skip
    for low, high in ((-inf, inf), (0.1, inf), (nan, 1.0)):
        assert card.interval(replace(metric, low=low, high=high)) == "unknown"


async def test_people_write_a_part_and_children_inherit_it(registry: Registry) -> None:
    version, family = await grown(registry)
    models = registry.settings.models_folder
    assert notes.notes_of(registry.settings, family) == {}
    (models / "base" / "card.toml").write_text(SAID)
    assert notes.notes_of(registry.settings, family) == NOTES
    (models / "fabler" / "card.toml").write_text('uses = "Telling old fables."\ncontact = ""')
    assert notes.notes_of(registry.settings, family) == {**NOTES, "uses": "Telling old fables."}
    async with registry.database.write() as session:
        await evaluations.add(session, evaluation(version, "core", 0.6))
        old = replace(evaluation(version, "core", 0.5), id="eval_0", ended_at=DAY - timedelta(days=1))
        await evaluations.add(session, old)
        await evaluations.add(session, replace(evaluation(version), id="eval_x", version="other"))
    async with registry.database.read() as session:
        story = await story_of(session, registry.settings, "fabler")
    assert (story.version.id, story.notes["uses"], story.overrides) == (version.id, "Telling old fables.", ())
    assert [each.id for each in story.evaluations] == ["eval_core"]


async def test_the_setting_says_who_makes_models_here_where_no_note_does(registry: Registry) -> None:
    _, family = await grown(registry)
    models = registry.settings.models_folder
    ours = registry.settings.model_copy(update={"organisation": " The Lilac\nLab "})
    assert notes.notes_of(ours, family) == {"developed_by": "The Lilac\nLab"}
    text = card.card_of(family, [], notes.notes_of(ours, family))
    assert "- **Developed by:** The Lilac Lab\n" in text
    assert "- **Finetuned from model:** base\n" in text
    assert "developed_by: who made it" not in card.gaps(family, [], notes.notes_of(ours, family))
    assert "Provider name and contact details | The Lilac Lab |" in training_summary.summary_of(
        family, notes.notes_of(ours, family)
    )
    # People's own words win, those of a model before it that was trained here too.
    (models / "base" / "card.toml").write_text('developed_by = "Ada"')
    assert notes.notes_of(ours, family) == {"developed_by": "Ada"}
    (models / "fabler" / "card.toml").write_text('developed_by = "Bob"')
    assert notes.notes_of(ours, family) == {"developed_by": "Bob"}
    blank = registry.settings.model_copy(update={"organisation": " "})
    (models / "fabler" / "card.toml").write_text("")
    (models / "base" / "card.toml").write_text("")
    assert notes.notes_of(blank, family) == {}


async def test_who_made_a_model_of_elsewhere_did_not_make_what_was_trained_from_it(registry: Registry) -> None:
    model = await registry.pulled("llama")
    elsewhere = await adding.add_installed(registry.database, registry.settings, model)
    path = str(model.path.relative_to(registry.settings.home))
    family = await registry.family(await registry.add(registry.run("child", start=path)))
    (registry.settings.models_folder / "llama" / "card.toml").write_text('developed_by = "Meta"\nuses = "Talking."')
    ours = registry.settings.model_copy(update={"organisation": "The Lilac Lab"})
    assert notes.notes_of(ours, family) == {"developed_by": "The Lilac Lab", "uses": "Talking."}
    text = card.card_of(family, [], notes.notes_of(ours, family))
    assert "- **Developed by:** The Lilac Lab\n" in text
    assert "- **Finetuned from model:** llama\n" in text
    # The other one was not made here, and without the setting a card is what it was.
    assert notes.notes_of(ours, await registry.family(elsewhere))["developed_by"] == "Meta"
    assert notes.notes_of(registry.settings, family)["developed_by"] == "Meta"


@pytest.mark.parametrize(
    ("content", "match"),
    [("uses = ", "cannot be read"), ('price = "1"', "price is not known"), ("uses = 3", "or is no text"),
     ('uses = "' + "x" * notes.MAX_BYTES + '"', "is too large")],
    ids=["damaged", "unknown", "number", "large"],
)  # fmt: skip
async def test_notes_that_cannot_be_read_are_told(registry: Registry, content: str, match: str) -> None:
    _, family = await grown(registry)
    (registry.settings.models_folder / "fabler" / "card.toml").write_text(content)
    with pytest.raises(ConfigError, match=match):
        notes.notes_of(registry.settings, family)


async def test_the_summary_of_training_content_is_filled_as_far_as_known(registry: Registry) -> None:
    _, family = await grown(registry)
    text = training_summary.summary_of(family, {"developed_by": "Ada", "crawled_data": "None."}, today=DAY)
    for part in ("on 2026-11-01", training_summary.SOURCE, "## 1. General information", "### 2.4. User data",
                 "| Provider name and contact details | Ada |", "| Modality | Text |",
                 "Less than 1 billion tokens", "base (version `", "| fables (large) | hub | CC0-1.0 | 9,000 |",
                 "4 people of this server consented", "### 3.3. Other information", "personal_data, duplicates",
                 "| Date of placement of the model on the Union market | **Missing.** |"):  # fmt: skip
        assert part in text, part
    headings = (
        "rightsholders or their representatives",
        "obtained from other third parties",
        "scraped from online sources",
        "2.5. Synthetic data",
        "illegal content",
    )
    found = [text.split(heading)[1].split("###")[0].strip() for heading in headings]
    assert found == ["**Missing.**", "**Missing.**", "None.", "**Missing.**", "**Missing.**"]
    other = text.split("2.6. Other sources of data")[1].split("## 3.")[0]
    assert "| notes | files | MIT |" in other


async def test_the_summary_guesses_no_size(registry: Registry) -> None:
    version, family = await grown(registry)
    large = [replace(text, characters=10**13) for text in version.lineage.data[0].texts]
    data = (replace(version.lineage.data[0], texts=tuple(large)),)
    much = replace(family, lineage=replace(version.lineage, data=data, tokens=10**12))
    assert "Between the ranges: 20,000,000,010,000 characters" in training_summary.summary_of(much, {})
    unknown = replace(family, lineage=replace(version.lineage, data=()))
    text = training_summary.summary_of(unknown, {})
    assert "| Training data size | **Missing.** |" in text
    assert "| Data that is not known | fabler |" in text
    alone = replace(family, parents=(), lineage=replace(version.lineage, data=(), feedback=None))
    text = training_summary.summary_of(alone, {})
    assert "### 2.1. Publicly available datasets\n\n**Missing.**" in text
    assert "### 2.4. User data\n\n**Missing.**" in text
    assert "| Model dependencies | **Missing.** |" in text


async def test_the_bill_is_valid_and_names_files_ancestors_data_and_packages(registry: Registry) -> None:
    version, family = await grown(registry)
    bill = bill_of_materials.bill_of(family, [evaluation(version)], today=DAY)
    assert_valid(bill)
    assert bill == bill_of_materials.bill_of(family, [evaluation(version)], today=DAY)
    model = bill["metadata"]["component"]
    assert (model["type"], model["version"]) == ("machine-learning-model", version.id)
    assert [file["hashes"][0]["content"] for file in model["components"]] == [file.sha256 for file in version.files]
    metric = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]
    assert (metric["value"], metric["confidenceInterval"]["lowerBound"]) == ("0.75", "0.65")
    names = {(each["type"], each["name"]) for each in bill["components"]}
    assert {("machine-learning-model", "base"), ("data", "small talk"), ("library", "torch")} <= names
    assert bill["dependencies"][0]["dependsOn"] == [bill["dependencies"][1]["ref"]]
    with pytest.raises(ValueError, match="a bill is of a version"):
        bill_of_materials.bill_of(replace(family, version=None), [])


async def test_the_bill_of_a_model_of_elsewhere_is_valid_too(registry: Registry) -> None:
    model = await registry.pulled("llama", gguf({**LLAMA, "general.license": "llama3.2 (odd)"}))
    family = await registry.family(await adding.add_installed(registry.database, registry.settings, model))
    bill = bill_of_materials.bill_of(family, [])
    assert_valid(bill)
    assert bill["metadata"]["component"]["licenses"] == [{"license": {"name": "llama3.2 (odd)"}}]


async def test_the_family_is_drawn_as_text_json_and_picture(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, family = await grown(registry)
    parent = family.parents[0]
    family = replace(family, parents=(parent, replace(parent), Family(name="stranger")))
    lines = lineage_drawing.as_text(family, [evaluation(version)]).splitlines()
    assert lines[0] == f"fabler  {version.id[:12]} candidate"
    assert "│ sft: 24 steps, 6,144 tokens, 2e+18 FLOP" in lines
    assert "│ feedback: 12 pairs, 30 judgements, 4 people" in lines
    assert [line for line in lines if line.startswith("├─ base  ") and "(above)" in line]
    assert "└─ stranger" in lines
    assert "compute of the whole lineage: 3e+18 FLOP" in lines
    assert "unknown compute: stranger" in lines
    assert "evaluated by core on 2026-11-01" in lines
    assert "not known: origin of stranger" in lines
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "inconnu : origine de stranger" in lineage_drawing.as_text(family, (), t)

    said = lineage_drawing.as_json(family, [evaluation(version)])
    json.dumps(said, allow_nan=False)
    assert [each["name"] for each in said["members"]] == ["fabler", "base", "stranger"]
    kinds = {node["kind"] for node in said["nodes"]}
    assert kinds == {"model", "data", "recipe", "code", "evaluation", "feedback"}
    ids = {node["id"] for node in said["nodes"]}
    assert all(edge["from"] in ids and edge["to"] in ids for edge in said["edges"])
    assert {"from": parent.key, "to": family.key} in said["edges"]
    assert said["missing"] == [{"what": "origin", "of": "stranger"}]

    picture = ET.fromstring(lineage_drawing.as_svg(family, t))
    boxes = [each for each in picture if each.tag.endswith("rect")]
    assert len(boxes) == 3
    assert picture.attrib["aria-label"] == "Lignée de fabler"
    long = replace(family, name="n" * 90, parents=())
    assert "n" * 33 + "…" in lineage_drawing.as_svg(long)


async def test_an_ancestor_on_a_long_and_a_short_way_is_drawn_below_both(registry: Registry) -> None:
    base = await registry.add(registry.run("base"))
    bottom = await registry.family(base)
    middle = Family(name="middle", parents=(bottom,))
    rows = lineage_drawing._generations(Family(name="top", parents=(bottom, middle)))
    assert [[member.name for member in row] for row in rows] == [["top"], ["middle"], ["base"]]
