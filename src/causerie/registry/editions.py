"""The suites that a policy speaks of, known by their content: what a suite is called, whoever writes one decides.

Does: say which content counts for each name, and look for a model's last evaluation by it.
Does not: judge (`gate.py`) or evaluate.
"""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from causerie.errors import ConfigError, NotFound
from causerie.evaluation import finding
from causerie.evaluation import store as evaluations
from causerie.evaluation.contract import Evaluation
from causerie.registry.policy import Policy
from causerie.settings import Settings


def required(settings: Settings, policy: Policy) -> dict[str, str]:
    """SHA-256 of each suite that the policy speaks of, by name: as it says itself, or of the suite that is here now.

    Raises:
        ConfigError: A suite is neither here nor has its hash in the policy.
        DataError: A suite of one's own is damaged.
    """
    rules = policy.rules
    said = {suite.name: suite.sha256 for suite in rules.suites}
    names = sorted({*said, *(ceiling.suite for ceiling in rules.pause.ability)})
    return {name: said.get(name) or _here(settings, name) for name in names}


def _here(settings: Settings, name: str) -> str:
    try:
        return finding.find(settings, name, anywhere=False).sha256
    except NotFound as error:
        raise ConfigError(
            "the policy speaks of the suite {name!r}, which is not among the suites here", name=name[:200],
            hint="put its folder into `suites` of the data folder, or write the `suite_sha256` of an evaluation by it"
            " into the policy, as `sha256`",
        ) from error  # fmt: skip


async def last(session: AsyncSession, editions: Mapping[str, str], sha256: str, name: str) -> dict[str, Evaluation]:
    """The last evaluation of a model by each suite; where none has the content that counts, the last by its name.

    Args:
        session: To read in.
        editions: As `required` gives them.
        sha256: Of the model (empty = it runs elsewhere, and goes by its name).
        name: Of the model.
    """
    found = {}
    for suite, edition in editions.items():
        for content in (edition, None):
            rows = await evaluations.list_of(
                session, version=sha256, model=None if sha256 else name, suite=suite, suite_sha256=content, limit=1
            )
            if rows:
                found[suite] = rows[0]
                break
    return found
