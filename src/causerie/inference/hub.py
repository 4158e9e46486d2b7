"""The Hugging Face hub's protocol, as much of it as fetching a model needs.

Does: ask the hub for a repository's files, licence and gate, and find where a file's bytes are. The token goes to the
hub only, never to the hosts that it points to.
Does not: choose among the files (`hub_files.py`) or download (`download.py`).
Try it: causerie pull hf:ggml-org/SmolLM3-3B-GGUF

The package `huggingface_hub` was weighed: its HTTP path is one stream and compares sizes only, its parallel path is a
native module for one company's storage, and it brings an HTTP client that is banned here. What is needed of the
protocol is two requests (https://huggingface.co/docs/hub/api, https://huggingface.co/docs/hub/models-gated).
"""

import asyncio
import difflib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from causerie.errors import DownloadError, HubRefused, HubUnreachable, NotFound
from causerie.inference.hub_files import HubFile, Repository, described, is_repo
from causerie.settings import Settings

MAX_ANSWER_BYTES = 2**25
"""Largest answer of the hub's API that is read; a repository of 10,000 files takes about 3 MB."""
MAX_REDIRECTS = 5
RETRY_PAUSE_S = 0.2
"""First pause after an answer that the hub is busy; each further one is twice as long."""


@dataclass(frozen=True)
class Location:
    """Where the bytes of a file are, for some time: links of a content network expire."""

    url: URL
    headers: dict[str, str]
    """To send there: the token, when it is still the hub itself."""
    size_bytes: int
    version: str
    """Changes when the bytes do: an ETag."""


@asynccontextmanager
async def session(connections: int = 8) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client for the hub and the hosts that it points to, through the proxy of the environment."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)
    connector = aiohttp.TCPConnector(limit=connections + 2)
    headers = {"User-Agent": "causerie", "Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers, trust_env=True) as client:
        yield client


async def repository(client: aiohttp.ClientSession, settings: Settings, repo: str) -> Repository:
    """Ask the hub what is in a repository.

    Raises:
        NotFound: There is no such repository; the hint has near names.
        HubRefused: It is gated or private.
        HubUnreachable: No answer, or none that can be understood.
    """
    url = _endpoint(settings) / "api" / "models" / repo
    try:
        answer = await _json(client, settings, url.with_query(blobs="true"), repo)
    except NotFound:
        near = await _near(client, settings, repo)
        raise NotFound(
            "the hub has no repository {repo}", repo=repo, near=", ".join(near), hub=str(_endpoint(settings)),
            hint="did you mean {near}?" if near else "look for it on {hub}; names are owner/repository",
        ) from None  # fmt: skip
    try:
        return described(repo, answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HubUnreachable(
            "{hub} answered something that is no description of a repository", hub=str(_endpoint(settings))
        ) from error


async def locate(client: aiohttp.ClientSession, settings: Settings, found: Repository, file: HubFile) -> Location:
    """Where the bytes of a file are now; the hub usually points to a content network.

    Raises:
        NotFound: The file is not there.
        HubRefused: The hub wants a token or an accepted licence.
        HubUnreachable: No answer.
    """
    hub = _endpoint(settings)
    url = hub / found.repo / "resolve" / found.commit / file.path
    size, version = file.size_bytes, file.sha256
    for _ in range(MAX_REDIRECTS):
        headers = _token(settings, url)
        async with _asked(client, "HEAD", url, headers) as answer:
            _refuse(answer, found.repo, url)
            size = size or int(answer.headers.get("X-Linked-Size", 0))
            version = version or answer.headers.get("X-Linked-ETag", "") or answer.headers.get("ETag", "")
            target = answer.headers.get("Location")
            if answer.status not in {301, 302, 303, 307, 308} or not target:
                size = size or int(answer.headers.get("Content-Length", 0))
                return Location(url, headers, size, version.strip('W/"'))
            url = url.join(URL(target, encoded=True))
            if url.scheme != "https" and hub.scheme == "https":
                raise DownloadError("the hub points to {url}, which is not encrypted", url=str(url.origin()))
            if url.origin() != hub.origin():
                # Signed links of content networks often allow GET only: what the hub said is enough.
                return Location(url, {}, size, version.strip('W/"'))
    raise DownloadError("the hub sends {file} round in circles", file=file.path)


def _endpoint(settings: Settings) -> URL:
    return URL(str(settings.hf_endpoint).rstrip("/"))


def _token(settings: Settings, url: URL) -> dict[str, str]:
    """The header with the token, for the hub only."""
    if settings.hf_token is None or url.origin() != _endpoint(settings).origin():
        return {}
    return {"Authorization": f"Bearer {settings.hf_token.get_secret_value()}"}


@asynccontextmanager
async def _asked(
    client: aiohttp.ClientSession, method: str, url: URL, headers: dict[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    try:
        async with client.request(method, url, headers=headers, allow_redirects=False) as answer:
            yield answer
    except (aiohttp.ClientError, TimeoutError) as error:
        raise HubUnreachable(
            "{hub} does not answer: {reason}", hub=str(url.origin()), reason=str(error) or type(error).__name__,
            hint="check the connection and the proxy; HF_ENDPOINT names another hub or a mirror",
        ) from error  # fmt: skip


async def _json(client: aiohttp.ClientSession, settings: Settings, url: URL, repo: str) -> Any:  # noqa: ANN401 - any JSON
    for attempt in range(MAX_REDIRECTS):
        async with _asked(client, "GET", url, _token(settings, url)) as answer:
            target = answer.headers.get("Location")
            if answer.status in {301, 302, 307, 308} and target:
                url = url.join(URL(target))
                continue
            if answer.status in {429, 500, 502, 503, 504} and attempt < MAX_REDIRECTS - 1:
                await asyncio.sleep(RETRY_PAUSE_S * 2**attempt)
                continue
            _refuse(answer, repo, url)
            content = await answer.content.read(MAX_ANSWER_BYTES)
            while len(content) < MAX_ANSWER_BYTES and (more := await answer.content.read(MAX_ANSWER_BYTES)):
                content += more
            try:
                return json.loads(content)
            except ValueError as error:
                raise HubUnreachable("{hub} did not answer with JSON", hub=str(url.origin())) from error
    raise HubUnreachable("{hub} sends {repo} round in circles", hub=str(url.origin()), repo=repo)


def _refuse(answer: aiohttp.ClientResponse, repo: str, url: URL) -> None:
    """Turn a refusal of the hub into the error that says what to do."""
    code = answer.headers.get("X-Error-Code", "")
    if answer.status == 404 or code in {"RepoNotFound", "EntryNotFound", "RevisionNotFound"}:
        raise NotFound("the hub has no {path}", path=url.path)
    if answer.status in {401, 403}:
        raise HubRefused(
            "the hub does not give {repo} to everybody", repo=repo, page=str(url.origin() / repo),
            hint="accept its licence on {page} while signed in, then set HF_TOKEN to a token of yours"
            if code == "GatedRepo"
            else "check its name; if it is private, set HF_TOKEN to a token that may read it",
        )  # fmt: skip
    if answer.status >= 400:
        raise HubUnreachable(
            "{hub} answered with status {status}", hub=str(url.origin()), status=answer.status, hint="try again later"
        )


async def _near(client: aiohttp.ClientSession, settings: Settings, repo: str) -> list[str]:
    """Repositories with a name near this one, as far as the hub's search finds any."""
    name = repo.split("/")[1]
    url = (_endpoint(settings) / "api" / "models").with_query(search=name, filter="gguf", limit="20")
    try:
        answer = await _json(client, settings, url, repo)
        names = [item["id"] for item in answer if is_repo(str(item["id"]))]
    except (DownloadError, NotFound, KeyError, TypeError):
        return []
    return difflib.get_close_matches(repo, names, n=3, cutoff=0.3)
