"""Money, energy, carbon dioxide and storage: what a number of GPU hours comes to.

Does: multiply, with every factor an assumption that names its source.
Does not: pay for people, failed runs and experiments: they cost as much as the run itself, and more.
"""

from dataclasses import dataclass

from causerie.planning.asked import Run
from causerie.planning.memory import state_bytes

HOURS_PER_YEAR = 8766.0
"""365.25 days."""
TEXT_BYTES_PER_TOKEN = 4.2
"""Of text with a vocabulary of 128,000. Source: Llama 3 has 3.94 characters of English a token (arXiv 2407.21783,
section 3.2); that accents and other scripts make 4.2 bytes of it is an assumption."""


@dataclass(frozen=True)
class Money:
    """USD of a run."""

    rented: float
    """Every GPU hour at the price of an hour."""
    purchase: float
    """Cards and all around them, bought."""
    written_off: float
    """The part of the purchase that falls to the run's time, in equal parts over the lifetime."""
    energy: float


@dataclass(frozen=True)
class Energy:
    """Of the whole building, for the run."""

    megawatts: float
    megawatt_hours: float
    co2_tonnes: float


def energy(gpus: int, hours: float, *, watts: float, host_share: float, pue: float, co2_g_per_kwh: float) -> Energy:
    """Power of all GPUs at their design power, their servers and the building; the units are in the names.

    GPUs draw less than their design power while they wait, and the energy is an upper figure for it.
    """
    megawatts = gpus * watts * (1 + host_share) * pue / 1e6
    return Energy(megawatts, megawatts * hours, megawatts * hours * co2_g_per_kwh / 1000)


def money(
    gpus: int,
    hours: float,
    used: Energy,
    *,
    rent: float,
    price: float,
    surroundings: float,
    lifetime_years: float,
    usd_per_kwh: float,
) -> Money:
    """What it costs: rented (energy is in the rent), or bought with the energy beside it."""
    purchase = gpus * price * surroundings
    return Money(
        rented=gpus * hours * rent,
        purchase=purchase,
        written_off=purchase * min(1.0, hours / (lifetime_years * HOURS_PER_YEAR)),
        energy=used.megawatt_hours * 1000 * usd_per_kwh,
    )


@dataclass(frozen=True)
class Storage:
    """Bytes on disks."""

    text: float
    """The training text, plain."""
    shards: float
    """The same as token ids: 2 bytes each up to 65,536 ids, 4 above."""
    checkpoint: float
    checkpoints: float
    """As many as the recipe keeps, and the one that is being written."""
    model: float
    """The finished model in bfloat16."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.text + self.shards + self.checkpoints + self.model


def storage(run: Run) -> Storage:
    """What a run needs on disks."""
    one = state_bytes(run)
    return Storage(
        text=run.tokens * TEXT_BYTES_PER_TOKEN,
        shards=run.tokens * (2 if run.network.vocabulary <= 2**16 else 4),
        checkpoint=one,
        checkpoints=(run.keep + 1) * one,
        model=2.0 * run.network.parameters,
    )
