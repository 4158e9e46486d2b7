"""What a model is made of, for programs: a bill of materials in the form of CycloneDX 1.6, with its model card.

Does: name the model, its files with hashes, its ancestors, its data sets and the packages that computed it.
Does not: look for known weaknesses; programs that read such a bill do.
Try it: causerie models bom NAME

Schema: https://cyclonedx.org/docs/1.6/json/ (ECMA-424). The library cyclonedx-python-lib writes no model cards as of
version 11, so the JSON is written here and the tests hold it against the schema.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from typing import Any

from causerie.evaluation.contract import Evaluation, Metric
from causerie.registry.card import SPDX_OF_THE_HUB
from causerie.registry.contract import Data, Lineage, ModelVersion
from causerie.registry.lineage import Family, cumulated, members

SPECIFICATION = "1.6"
APPROACHES = {"pretrain": "self-supervised", "sft": "supervised", "dpo": "reinforcement-learning",
              "kto": "reinforcement-learning"}  # fmt: skip
"""The schema knows five; learning from preferences is nearest to the last."""
_SPDX = {name: name for name in ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-SA-4.0",
                                 "CC-BY-NC-4.0", "CC0-1.0", "MPL-2.0", "Unlicense")}  # fmt: skip


def bill_of(family: Family, evaluations: Sequence[Evaluation], *, today: datetime | None = None) -> dict[str, Any]:
    """The bill, as a JSON object.

    Args:
        family: Of a registered version.
        evaluations: Of the version.
        today: The moment that it says it was written (None = now).

    Returns:
        The same family gives the same bill, but for its moment: its serial number is made from the version's id.
    """
    version = family.version
    if version is None:
        raise ValueError("a bill is of a version")
    ancestors = [member for member in members(family) if member is not family]
    data = _data_sets(family)
    packages = _packages(family.lineage or Lineage())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "serialNumber": f"urn:uuid:{uuid.UUID(hex=version.id[:32], version=5)}",
        "version": 1,
        "metadata": {
            "timestamp": f"{today or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "tools": {"components": [{"type": "application", "name": "causerie", "version": version_of("causerie")}]},
            "component": _model(family, version, evaluations, data),
        },
        "components": [
            *(_ancestor(member) for member in ancestors),
            *(_data_set(each) for each in data.values()),
            *packages,
        ],
        "dependencies": [
            {"ref": _ref(member), "dependsOn": sorted({_ref(parent) for parent in member.parents})}
            for member in members(family)
        ],
    }


def _model(
    family: Family, version: ModelVersion, evaluations: Sequence[Evaluation], data: dict[str, Data]
) -> dict[str, Any]:
    said = family.lineage or Lineage()
    return {
        **_component(family, "machine-learning-model"),
        "version": version.id,
        "hashes": [{"alg": "SHA-256", "content": version.sha256}],
        "components": [
            {
                "type": "file", "name": file.name, "bom-ref": f"file:{place}:{file.sha256}",
                "hashes": [{"alg": "SHA-256", "content": file.sha256}],
                "properties": [_property("role", file.role), _property("bytes", file.size_bytes)],
            }
            for place, file in enumerate(version.files)
        ],
        "modelCard": {
            "modelParameters": {
                **({"approach": {"type": APPROACHES[said.objective]}} if said.objective in APPROACHES else {}),
                "task": "text-generation",
                "architectureFamily": "transformer",
                "datasets": [{"ref": ref} for ref in data],
                "inputs": [{"format": "text"}],
                "outputs": [{"format": "text"}],
            },
            "quantitativeAnalysis": {
                "performanceMetrics": [_metric(each, metric) for each in evaluations for metric in each.metrics]
            },
        },
        "properties": [
            _property("flops", f"{said.flops:.6g}"),
            _property("flops of the lineage", f"{cumulated(family).flops:.6g}"),
            _property("parameters", said.parameters),
            _property("recipe sha256", said.recipe_sha256),
        ],
    }  # fmt: skip


def _ancestor(member: Family) -> dict[str, Any]:
    content = member.version.sha256 if member.version else next(iter(member.sha256), "")
    hashes = {"hashes": [{"alg": "SHA-256", "content": content}]} if content else {}
    return _component(member, "machine-learning-model") | hashes


def _component(member: Family, kind: str) -> dict[str, Any]:
    licence = member.lineage.licence if member.lineage else ""
    found: dict[str, Any] = {"type": kind, "bom-ref": _ref(member), "name": member.name}
    if member.origin is not None:
        found["manufacturer"] = {"name": member.origin.makers}
        found["externalReferences"] = [{"type": "model-card", "url": member.origin.url}]
    return found | ({"licenses": [_licence(licence)]} if licence else {})


def _data_sets(family: Family) -> dict[str, Data]:
    """All data of the family, by reference, each once."""
    found = [data for member in members(family) if member.lineage for data in member.lineage.data]
    return {f"data:{data.sha256 or data.name}": data for data in found}


def _data_set(data: Data) -> dict[str, Any]:
    name = data.name or "data without a card"
    licences = sorted({text.licence for text in data.texts if text.licence})
    contents = [
        {"type": "dataset", "name": text.name, "description": f"{text.characters} characters, {text.language or '?'}"}
        for text in data.texts
    ]
    return {
        "type": "data",
        "bom-ref": f"data:{data.sha256 or data.name}",
        "name": name,
        **({"hashes": [{"alg": "SHA-256", "content": data.sha256}]} if data.sha256 else {}),
        **({"licenses": [_licence(each) for each in licences]} if licences else {}),
        "data": contents or [{"type": "dataset", "name": name}],
    }


def _packages(said: Lineage) -> Iterator[dict[str, Any]]:
    """What computed it, without the machine's own facts."""
    for name, version in sorted(said.code.items()):
        if name and all(each.isalnum() or each in "-_." for each in name) and version[:1].isdigit():
            purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version.partition('+')[0]}"
            found = {"type": "library", "bom-ref": f"package:{name}", "name": name, "version": version}
            yield found | ({} if name == "python" else {"purl": purl})


def _licence(name: str) -> dict[str, Any]:
    known = next((each for each in _SPDX if each.lower() == name.lower() and name.lower() in SPDX_OF_THE_HUB), "")
    return {"license": {"id": known}} if known else {"license": {"name": name}}


def _metric(evaluation: Evaluation, metric: Metric) -> dict[str, Any]:
    return {
        "type": metric.name,
        "value": f"{metric.value:.6g}",
        "slice": f"{evaluation.suite}/{metric.task}" if metric.task else evaluation.suite,
        "confidenceInterval": {"lowerBound": f"{metric.low:.6g}", "upperBound": f"{metric.high:.6g}"},
    }


def _property(name: str, value: object) -> dict[str, str]:
    return {"name": f"causerie:{name}", "value": str(value)}


def _ref(member: Family) -> str:
    return f"model:{member.key}"
