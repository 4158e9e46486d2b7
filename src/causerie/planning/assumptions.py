"""What a plan takes for granted: each with a good end, an expected value, a bad end, a unit and a source.

Does: hold the defaults, and take a person's own values in their place.
Does not: compute; a plan is made three times, from all good ends, all expected values and all bad ends.
Try it: causerie plan recipes/fleet-7b.toml --assume utilisation=0.38..0.43 --assume rent_usd_per_gpu_hour=2.10
"""

import difflib
import math
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from causerie.errors import ConfigError

Case = Literal["good", "expected", "bad"]
CASES: tuple[Case, ...] = ("good", "expected", "bad")


class Range(NamedTuple):
    """An uncertain number, from the end that makes a run shorter and cheaper to the one that makes it longer."""

    good: float
    expected: float
    bad: float

    def of(self, case: Case) -> float:
        """The value of a case."""
        return {"good": self.good, "expected": self.expected, "bad": self.bad}[case]


class Assumptions(BaseModel):
    """Every input that is not in the recipe. Each sentence ends with its source, and is printed with a plan."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    utilisation: Range = Range(0.45, 0.40, 0.35)
    """Share of the data sheet's bfloat16 operations that training uses (MFU), while it trains.
    Source: Llama 3 reached 0.38 to 0.43 on 8,192 to 16,384 H100 (arXiv 2407.21783, table 4); the ends are a little
    wider."""
    other_loss: Range = Range(0.02, 0.05, 0.10)
    """Share of time that goes to neither training nor failures: evaluation, changes, waiting, planned stops.
    Source: Llama 3 trained usefully for more than 90 % of the time (arXiv 2407.21783, section 3.3.4); failures alone
    leave about 0.95 by this program's own arithmetic. The ends are an assumption."""
    fp8_gain: Range = Range(1.5, 1.35, 1.2)
    """How much faster a whole step is in fp8 than in bfloat16.
    Source: PyTorch, November 2024, "Supercharging Training using float8 and FSDP2": up to 1.5, on 128 to 512 H100,
    and less for small networks. The other two values are an assumption."""
    mixture_share: Range = Range(1.0, 0.75, 0.6)
    """What a mixture of experts keeps of a dense network's utilisation: tokens travel to their experts.
    Source: an assumption. NVIDIA reached an MFU of 0.49 with large experts and of 0.39 with small ones on H100 (arXiv
    2504.14960, abstract); the expected value stands or falls with the row of DeepSeek-V3 in the documentation."""
    kernel_share: Range = Range(0.75, 0.70, 0.60)
    """Share of the data sheet that large matrix products and attention reach alone: no layout comes above it.
    Source: FlashAttention-3 reaches 0.75 on an H100 (arXiv 2407.08608, abstract); that matrix products come about as
    high within the card's power is an assumption."""
    gpu_hours_between_failures: Range = Range(80_000, 50_700, 29_500)
    """GPU hours from one unplanned stop of the run to the next, of the whole fleet together.
    Source: Llama 3: 419 stops in 54 days on 16,384 H100, 50,675 (arXiv 2407.21783, section 3.3.4); Meta's research
    clusters of A100: 1.8 h at 16,384 GPUs, 29,491, a projection (arXiv 2410.21680, which measured 7.9 h at 1,024
    GPUs, 8,090); the good end is an assumption."""
    restart_s: Range = Range(180, 300, 1800)
    """From a failure to the first new step: notice it, replace the machine, load the checkpoint.
    Source: none, an assumption; 5 minutes needs automation and spare machines, half an hour is by hand."""
    stall_s: Range = Range(5, 10, 60)
    """How long a checkpoint stops training: copying to the host's memory, the writing goes on beside.
    Source: PyTorch and IBM, 2024, "Reducing Model Checkpointing Times by Over 10x with PyTorch Distributed
    Asynchronous Checkpointing": 6.3 s for 7 thousand million weights, 148.8 s without; the range is an assumption."""
    storage_bytes_per_s_per_gpu: Range = Range(4.3e8, 1.2e8, 1.2e7)
    """What the storage takes of a checkpoint a second, for each GPU.
    Source: Llama 3's storage, 2 TB/s sustained and 7 TB/s at most, shared by 16,384 GPUs (arXiv 2407.21783, section
    3.3.1); the bad end, a tenth, is an assumption."""
    rent_usd_per_gpu_hour: Range = Range(1.5, 2.0, 4.0)
    """Price of a rented GPU for an hour, server and network included, USD.
    Source: DeepSeek-AI counts 2 USD for an H800 (arXiv 2412.19437, table 1), and the Olmo team for an H100 (arXiv
    2512.13961, section 2.4); the ends are an assumption."""
    price_usd_per_gpu: Range = Range(25_000, 30_603, 40_000)
    """Price of a card that is bought, USD. An EXAMPLE: put your own quotation here.
    Source: the press, 2023: 30,603 for an H100 PCIe in a specialist shop, over 40,000 at an auction (an article that
    could not be looked up again); 25,000 is the low end of an analyst's estimate (TechSpot, August 2023)."""
    surroundings: Range = Range(1.3, 1.5, 2.0)
    """What servers, network, storage and building make of the cards' price: a factor.
    Source: none; an assumption of this program, to be replaced by quotations."""
    lifetime_years: Range = Range(6, 4, 3)
    """Years over which what is bought is written off, in equal parts.
    Source: annual reports: servers last 6 years for Alphabet and Microsoft (2023), 5.5 for Meta and 5 to 6 for Amazon
    (2025); the expected value and the bad end are lower, an assumption, as new kinds of GPU come every 2 years."""
    host_share: Range = Range(0.2, 0.4, 0.82)
    """Watts of the rest of the server for each watt of its GPUs.
    Source: a DGX H100 takes 10.2 kW at most (data sheet) for 8 GPUs of 700 W, so 0.82; the rest is an assumption."""
    pue: Range = Range(1.1, 1.2, 1.56)
    """Power of the whole building for each watt of its computers (power usage effectiveness).
    Source: Uptime Institute, Global Data Center Survey 2024: 1.56 on average; that large new sites have 1.1 to 1.2 is
    what their operators say."""
    usd_per_kwh: Range = Range(0.05, 0.10, 0.20)
    """Price of a kilowatt-hour, USD.
    Source: none, an assumption; put your contract here."""
    co2_g_per_kwh: Range = Range(32, 480, 713)
    """Grams of CO2 equivalent of a kilowatt-hour.
    Source: France 32 in 2023 (RTE, Bilan électrique 2023); world 480 and India 713 in 2023 (Ember, Global Electricity
    Review 2024)."""


def assume(given: Iterable[str], before: Assumptions | None = None) -> Assumptions:
    """The defaults, with some values replaced.

    Args:
        given: `NAME=VALUE`, `NAME=LOW..HIGH` or `NAME=LOW..EXPECTED..HIGH` each; without an expected value it is the
            middle. Which end is the good one, the default's order says.
        before: What is changed (None = the defaults).

    Raises:
        ConfigError: A name is not known, or a value is no number, negative, or out of order.
    """
    made = before or Assumptions()
    for text in given:
        name, _, value = (part.strip() for part in text.partition("="))
        if name not in Assumptions.model_fields:
            near = difflib.get_close_matches(name, Assumptions.model_fields, 1, 0.5)
            raise ConfigError(
                "--assume {given}: there is no assumption {name!r}", given=text, name=name, param="--assume",
                near="".join(near), known=", ".join(Assumptions.model_fields),
                hint="did you mean {near}?" if near else "there are {known}",
            )  # fmt: skip
        low, expected, high = _numbers(text, value)
        default = Assumptions.model_fields[name].default
        ends = (low, high) if default.good < default.bad else (high, low)
        made = made.model_copy(update={name: Range(ends[0], expected, ends[1])})
    _check(made)
    return made


def _numbers(text: str, value: str) -> tuple[float, float, float]:
    try:
        numbers = [float(part) for part in value.split("..")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers *= 3
    if len(numbers) == 2:
        numbers.insert(1, sum(numbers) / 2)
    if len(numbers) != 3 or not all(map(math.isfinite, numbers)) or sorted(numbers) != numbers or numbers[0] < 0:
        raise ConfigError(
            "--assume {given} must be NAME=NUMBER or NAME=LOW..HIGH, with no negative number", given=text,
            param="--assume", hint="for example --assume utilisation=0.38..0.43",
        )  # fmt: skip
    return numbers[0], numbers[1], numbers[2]


SHARES = ("utilisation", "kernel_share", "mixture_share")
"""More than 0, and 1 at most."""
POSITIVE = ("fp8_gain", "gpu_hours_between_failures", "stall_s", "storage_bytes_per_s_per_gpu", "lifetime_years")
"""What is divided by, or has a logarithm or a root."""
LEAST, MOST = 1e-18, 1e18
"""Of what must be positive, and of anything: beyond them a number is a slip of the finger, and no sum has an end."""


def _check(made: Assumptions) -> None:
    for name, values in each(made):
        limit = 1.0 if name in SHARES else 0.9 if name == "other_loss" else MOST
        least = LEAST if name in SHARES or name in POSITIVE else 1.0 if name in ("pue", "surroundings") else 0
        for value in values:
            if not least <= value <= limit:
                raise ConfigError(
                    "--assume {name}={value} is outside its bounds: {bounds}", name=name, value=f"{value:g}",
                    bounds=f"{least:g}..{limit:g}", param="--assume",
                    hint="`causerie plan` prints each assumption with its source",
                )  # fmt: skip


def each(made: Assumptions) -> Iterator[tuple[str, Range]]:
    """Every assumption by its name."""
    for name in Assumptions.model_fields:
        yield name, getattr(made, name)


def about(name: str) -> tuple[str, str]:
    """What an assumption means, and where its default comes from."""
    text = " ".join((Assumptions.model_fields[name].description or "").split())
    meaning, _, source = text.partition(" Source: ")
    return meaning, source


SENTENCES = {
    "utilisation": "share of the peak that training uses (MFU)",
    "other_loss": "share of time for evaluation, changes, waiting",
    "fp8_gain": "gain of fp8 over bfloat16",
    "mixture_share": "what a mixture keeps of the utilisation",
    "kernel_share": "share of the peak that the products alone reach",
    "gpu_hours_between_failures": "GPU hours between failures",
    "restart_s": "from a failure to the next step, s",
    "stall_s": "training stands for a checkpoint, s",
    "storage_bytes_per_s_per_gpu": "storage takes of a checkpoint, bytes/s a GPU",
    "rent_usd_per_gpu_hour": "rent of a GPU hour, USD",
    "price_usd_per_gpu": "price of a card, USD (an example)",
    "surroundings": "servers and building, by the cards' price",
    "lifetime_years": "life of what is bought, years",
    "host_share": "watts of the server for each of its GPUs",
    "pue": "watts of the building for each of its servers (PUE)",
    "usd_per_kwh": "price of a kWh, USD",
    "co2_g_per_kwh": "CO2 of a kWh, g",
}
"""Each assumption in a few words, for tables."""
