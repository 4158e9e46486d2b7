"""A data set of the Hugging Face hub, by its name; or a folder that was fetched from it.

    [[sources]]
    name = "stories"
    kind = "hub"
    repo = "owner/name"
    files = ["data/train-*.parquet"]
    licence = "mit"

Does: ask the hub for the files of one commit, and fetch those that match, once; the commit stands in the card.
Does not: run the data set's own program, which some old ones have: they must be in Parquet, JSON Lines or text.

The client is the package `huggingface_hub`: the hub's protocol of inference is written for one large file, and this
room may not import it.
"""

import fnmatch
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Literal

from pydantic import Field

from causerie.data.contract import Portion, Removed, Sample
from causerie.data.formats.table import format_of
from causerie.data.packages import needed
from causerie.data.sources.files import file_portions, read_portion
from causerie.data.sources.options import ReadOptions
from causerie.errors import DownloadError, HubRefused, HubUnreachable, NotFound
from causerie.settings import Settings, load_settings


class Hub(ReadOptions):
    """A data set of the hub."""

    kind: Literal["hub"] = "hub"
    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """Its name, owner/name."""
    revision: str = "main"
    """Branch, tag or commit; whatever it is, the commit that was read stands in the card."""
    files: tuple[str, ...] = ("*",)
    """Which of its files, as patterns: `data/train-*.parquet`."""

    @cached_property
    def _folder(self) -> tuple[Path, list[str]]:
        """Where the commit lies on this machine, and which of its files are read."""
        return fetched(load_settings(), self)

    def portions(self) -> list[Portion]:
        """Each file, and the parts of large ones, by name; they are fetched first if need be."""
        folder, names = self._folder
        made = []
        for name in names:
            # The path in the hub's cache has the commit in it: it is the version, whenever it was fetched.
            made += [
                Portion(**(vars(part) | {"version": folder.name}))
                for part in file_portions(folder / name, name, self)
            ]
        return made

    def read(self, portion: Portion) -> Iterator[Sample | Removed]:
        """The samples of one file or range."""
        return read_portion(self, portion)

    @property
    def commit(self) -> str:
        """The commit that is read."""
        return self._folder[0].name


def fetched(settings: Settings, source: Hub) -> tuple[Path, list[str]]:
    """Fetch what a source wants of the hub; what is here already is not asked for again.

    Raises:
        NotFound: There is no such data set, revision or file.
        HubRefused: It is gated or private.
        HubUnreachable: No answer.
    """
    import logging

    (hub,) = needed("huggingface_hub")
    from huggingface_hub import constants
    from huggingface_hub.utils import logging as hub_logging

    hub_logging.set_verbosity(logging.ERROR)
    constants.HF_HUB_DISABLE_TELEMETRY = True  # which program asks on whose behalf is nobody's business
    client = hub.HfApi(
        endpoint=str(settings.hf_endpoint).rstrip("/"),
        token=settings.hf_token.get_secret_value() if settings.hf_token else False,
        library_name="causerie",
    )
    # Its HTTP client lets its own errors through: httpx's, or those of a fork of it.
    transport = import_module(type(hub.get_session()).__module__.partition(".")[0])
    try:
        about = client.dataset_info(source.repo, revision=source.revision)
        names = _wanted(source, [each.rfilename for each in about.siblings or []])
        folder = Path()
        for name in names:
            path = Path(
                client.hf_hub_download(
                    source.repo, name, repo_type="dataset", revision=about.sha, cache_dir=settings.home / "hub"
                )
            )
            folder = path.parents[len(Path(name).parts) - 1]
    except hub.errors.GatedRepoError as error:
        raise HubRefused(
            "the hub does not let {repo} out", repo=source.repo,
            hint="accept its licence on the hub's site, and put your token into HF_TOKEN",
        ) from error  # fmt: skip
    except (hub.errors.RepositoryNotFoundError, hub.errors.RevisionNotFoundError) as error:
        raise NotFound(
            "the hub has no data set {repo} at {revision}", repo=source.repo, revision=source.revision,
            hint="names are owner/name; a private one needs HF_TOKEN",
        ) from error  # fmt: skip
    except (hub.errors.HfHubHTTPError, hub.errors.LocalEntryNotFoundError, transport.HTTPError, OSError) as error:
        raise HubUnreachable(
            "{hub} does not answer: {reason}", hub=str(settings.hf_endpoint), reason=str(error).split("\n")[0],
            hint="check the connection and the proxy; HF_ENDPOINT names another hub or a mirror",
        ) from error  # fmt: skip
    return folder, names


def _wanted(source: Hub, names: list[str]) -> list[str]:
    matching = [name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in source.files)]
    wanted = sorted(name for name in matching if format_of(name) and Path(name).name.lower() != "readme.md")
    if any(".." in Path(name).parts or Path(name).is_absolute() for name in wanted):
        raise DownloadError("the hub names a file outside its repository")
    if not wanted:
        raise NotFound(
            "{repo} has no file that matches {patterns} and can be read here", repo=source.repo,
            patterns=", ".join(source.files), there=", ".join(sorted(names)[:20]), hint="it has: {there}",
        )  # fmt: skip
    return wanted
