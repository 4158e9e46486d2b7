"""The planner against runs whose makers published what they took.

Does: predict each with the planner's own defaults, and make the table of `docs/explanation/planning.md`.
Does not: tune: where a run is missed, the table says so.
Try it: python -m causerie.planning.published
"""

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from causerie.planning.asked import Network, Precision, Run, training_flops
from causerie.planning.assumptions import Assumptions
from causerie.planning.gpus import gpu
from causerie.planning.plan import peak, reliability

GATE = 0.15
"""How far a prediction may be from the published figure, as a share of it."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A run, as it was published; see `published.toml`."""

    name: str
    parameters: float
    active_parameters: float
    tokens: float
    layers: int
    attention_width: int
    attended: int
    gpu: str
    gpus: int
    precision: Precision
    gpu_hours: float
    gate: bool
    source: str
    note: str
    tokens_per_s_per_gpu: float = 0.0
    """0 = not published."""

    @property
    def flops_per_token(self) -> float:
        """Operations of a token, attention included."""
        return training_flops(self.active_parameters, self.layers, self.attention_width, self.attended)

    def run(self) -> Run:
        """The run as the planner takes it; sizes that only bear on memory are left at 1."""
        network = Network(
            parameters=int(self.parameters), active_parameters=int(self.active_parameters),
            matrix_parameters=int(self.parameters), layers=self.layers, width=1, heads=1, kv_heads=1, head_width=1,
            hidden=1, vocabulary=1, flops_per_token=self.flops_per_token,
        )  # fmt: skip
        return Run(
            network=network, tokens=int(self.tokens), context=1, batch=1, precision=self.precision, name=self.name
        )


@dataclass(frozen=True)
class Prediction:
    """What the planner's defaults make of a published run."""

    published: Published
    flops: float
    gpu_hours: float
    tokens_per_s_per_gpu: float
    """While it trains."""
    utilisation: float
    """The assumed one."""

    @property
    def difference(self) -> float:
        """Predicted over published GPU hours, less 1."""
        return self.gpu_hours / self.published.gpu_hours - 1

    @property
    def rate_difference(self) -> float | None:
        """The same of tokens a second (None = not published)."""
        told = self.published.tokens_per_s_per_gpu
        return self.tokens_per_s_per_gpu / told - 1 if told else None


@cache
def runs() -> tuple[Published, ...]:
    """All of them."""
    text = Path(__file__).with_name("published.toml").read_text(encoding="utf-8")
    return tuple(Published(**row) for row in tomllib.loads(text)["runs"])


def predict(told: Published) -> Prediction:
    """GPU hours of a published run, by the defaults."""
    known, run = Assumptions(), told.run()
    per_gpu = peak(run, gpu(told.gpu), known, "expected") * known.utilisation.expected
    kept = reliability(run, told.gpus, known, "expected").kept
    return Prediction(
        published=told,
        flops=run.flops,
        gpu_hours=run.flops / per_gpu / kept / 3600,
        tokens_per_s_per_gpu=per_gpu / told.flops_per_token,
        utilisation=known.utilisation.expected,
    )


def table() -> str:
    """Every published run, misses too, as Markdown."""
    lines = [
        "| run | operations | published GPU hours | predicted | difference | tokens/s a GPU, published; predicted "
        "| within 15 % asked |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for each in map(predict, runs()):
        told = each.published
        rate = each.rate_difference
        rates = "" if rate is None else (
            f"{told.tokens_per_s_per_gpu:,.0f}; {each.tokens_per_s_per_gpu:,.0f} ({_signed(rate)})"
        )  # fmt: skip
        verdict = ("yes, met" if abs(each.difference) <= GATE else "yes, **missed**") if told.gate else "no: a miss"
        lines.append(
            f"| {told.name} | {each.flops:.2e} | {told.gpu_hours / 1e6:.3g} M | {each.gpu_hours / 1e6:.3g} M | "
            f"{_signed(each.difference)} | {rates} | {verdict} |"
        )
    lines += ["", *(f"- **{each.name}**: {each.note} Source: {each.source}." for each in runs())]
    return "\n".join(lines) + "\n"


def _signed(share: float) -> str:
    return f"{share:+.0%}".replace("%", " %")


if __name__ == "__main__":
    sys.stdout.write(table())
