"""Small policies, and people who decide."""

from collections.abc import Mapping

from causerie.accounts import people
from causerie.accounts.identity import Role
from causerie.accounts.people import NewPerson
from causerie.database.engine import Database
from causerie.evaluation import finding
from causerie.evaluation.contract import Evaluation, Metric
from causerie.registry import policy
from causerie.registry.policy import Policy
from causerie.settings import Settings
from tests.registry.stories import DAY

CORE = '[[suites]]\nname = "core"\nthresholds = [{ metric = "accuracy", least = 0.5, regression = 0.1 }]\n'
PAPERS = '[gate]\nlineage = false\ncard = false\nlicences = ["Apache-2.0", "MIT"]\n'


def written(settings: Settings, text: str) -> Policy:
    """The policy of a data folder."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / policy.FILE).write_text(f'version = "test"\n{text}', encoding="utf-8")
    return policy.load(settings)


async def team(database: Database, **roles: Role) -> Mapping[str, str]:
    """People by their logins, and their ids; the first of all is the owner whatever its role."""
    await people.prepare(database)
    ids = {}
    async with database.write() as session:
        for login, role in roles.items():
            ids[login] = (await people.create(session, NewPerson(login=login, name=login.title(), role=role))).id
    return ids


def metric(name: str = "accuracy", task: str = "", value: float = 0.75, half: float = 0.1, *, up: bool | None = True,
           items: int = 40) -> Metric:  # fmt: skip
    """A figure with its interval."""
    return Metric(
        task=task, name=name, value=value, low=value - half, high=value + half, items=items, clusters=items,
        higher_is_better=up, unit="share", method="wilson",
    )  # fmt: skip


def evaluated(*metrics: Metric, suite: str = "core", model: str = "tiny", version: str = "", errors: int = 0,
              edition: str = "", number: int = 0) -> Evaluation:  # fmt: skip
    """An evaluation by hand; without an edition, by the suite that ships."""
    sha256 = edition * 64 if edition else finding.find(Settings(), suite, anywhere=False).sha256
    return Evaluation(
        id=f"eval_{number:02}{suite.replace('-', '')}{model}", model=model, version=version, suite=suite,
        suite_sha256=sha256, began_at=DAY, ended_at=DAY, scored_by="generation", metrics=metrics, errors=errors,
    )  # fmt: skip
