"""What the hub says of a repository, and which of its files to fetch.

Does: read what `hf:owner/repo:what` names, check the hub's description of a repository, and choose the file.
Does not: talk to the hub; see `hub.py`.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from causerie.errors import InvalidRequest, ModelFileError, NotFound
from causerie.inference import gguf

PREFERRED = (
    "Q4_K_M", "Q4_K_S", "Q4_K_L", "MXFP4", "MXFP4_MOE", "IQ4_NL", "Q4_0", "IQ4_XS", "Q5_K_M", "Q5_K_S", "Q5_0",
    "Q6_K", "Q8_0", "Q3_K_L", "Q3_K_M", "Q2_K", "BF16", "F16",
)  # fmt: skip
"""What is taken when nothing is asked for: four bits lose little and run fast, then what is nearest to that."""
_REPO = r"\w[\w.-]{0,95}/\w[\w.-]{0,95}"
_REFERENCE = re.compile(rf"^hf:(?P<repo>{_REPO})(?::(?P<what>[^:\s]{{1,200}}))?$", re.ASCII)
_QUANTIZATION = re.compile(
    r"(?:^|[-._/])((?:UD-)?(?:I?Q\d_?\w*|BF16|F16|F32|MXFP4\w*|TQ\d_0))(?=[-./]|$)", re.IGNORECASE
)
_NOT_MODELS = ("mmproj", "imatrix")


@dataclass(frozen=True)
class Reference:
    """What `hf:owner/repo:what` names."""

    repo: str
    what: str = ""
    """A file's name or a quantisation (empty = choose)."""


@dataclass(frozen=True)
class HubFile:
    """One file of a repository, at a fixed commit."""

    path: str
    size_bytes: int
    """0 = the hub does not say."""
    sha256: str
    """Empty for small files that are kept in git itself."""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository as the hub describes it now."""

    repo: str
    commit: str
    files: tuple[HubFile, ...]
    licence: str
    languages: tuple[str, ...]


def parse(source: str) -> Reference:
    """Read `hf:owner/repo` or `hf:owner/repo:file-or-quantisation`.

    Raises:
        InvalidRequest: It is neither.
    """
    match = _REFERENCE.match(source)
    if match is None or ".." in source:
        raise InvalidRequest(
            "{source!r} does not name a model of the hub", source=source[:200], param="source",
            hint="write hf:owner/repository, or hf:owner/repository:Q4_K_M",
        )  # fmt: skip
    return Reference(match["repo"], match["what"] or "")


def choose(found: Repository, what: str = "") -> tuple[HubFile, ...]:
    """The file to fetch, or all its shards: by name, by quantisation, or the best compromise.

    Raises:
        NotFound: There is none such; the hint has those that are there.
    """
    by_path = {file.path: file for file in found.files}
    candidates = {}
    for path in by_path:
        name = PurePosixPath(path)
        shards = _shards(name)
        if name.suffix == ".gguf" and not name.name.lower().startswith(_NOT_MODELS) and path in shards[:1]:
            candidates[path] = shards
    if not candidates:
        raise NotFound(
            "{repo} has no GGUF file", repo=found.repo,
            hint="look for a repository of the same model whose name ends in -GGUF",
        )  # fmt: skip
    first = _pick(list(candidates), what)
    if first is None:
        offered = sorted({quantization_of(path) or PurePosixPath(path).name for path in candidates})
        raise NotFound(
            "{repo} has no {what}",
            repo=found.repo,
            what=what,
            offered=", ".join(offered[:40]),
            hint="it has {offered}",
        )
    missing = [path for path in candidates[first] if path not in by_path]
    if missing:
        raise NotFound("{repo} lacks {file}, a shard of its model", repo=found.repo, file=missing[0])
    return tuple(by_path[path] for path in candidates[first])


def quantization_of(path: str) -> str:
    """What a file's name says of its quantisation, in llama.cpp's spelling (empty = nothing)."""
    found = _QUANTIZATION.findall(path)
    return str(found[-1]).upper() if found else ""


def described(repo: str, answer: dict[str, Any]) -> Repository:
    """The repository as the hub's answer describes it; paths that lead elsewhere are left out.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: The answer is not of that form.
    """
    name = str(answer.get("id") or repo)
    if not is_repo(name):
        raise ValueError(name)
    card = answer.get("cardData") or {}
    languages = card.get("language") or ()
    licence = str(card.get("license") or "")
    if licence == "other":
        licence = str(card.get("license_name") or licence)
    return Repository(
        repo=name,
        commit=str(answer["sha"]),
        files=tuple(_file(sibling) for sibling in answer["siblings"] if _plain(str(sibling["rfilename"]))),
        licence=licence[:96] if licence.isprintable() else "",
        languages=tuple(
            code for code in ([languages] if isinstance(languages, str) else languages) if _is_code(code)
        ),
    )


def is_repo(name: str) -> bool:
    """Whether this can be a repository's name: what the hub says goes to terminals and into paths."""
    return re.fullmatch(_REPO, name, re.ASCII) is not None and ".." not in name


def _is_code(language: object) -> bool:
    return isinstance(language, str) and re.fullmatch(r"[a-z]{2,3}(-\w{2,8})?", language, re.ASCII) is not None


def _file(sibling: dict[str, Any]) -> HubFile:
    stored = sibling.get("lfs") or {}
    sha256 = str(stored.get("sha256") or stored.get("oid") or "").removeprefix("sha256:").lower()
    size = int(stored.get("size") or sibling.get("size") or 0)
    return HubFile(str(sibling["rfilename"]), size, sha256 if re.fullmatch(r"[0-9a-f]{64}", sha256) else "")


def _plain(path: str) -> bool:
    """Whether a path is one that a hub's file can have, and not a way out of a folder."""
    parts = path.split("/")
    return path.isprintable() and "\\" not in path and all(part not in {"", ".", ".."} for part in parts)


def _shards(path: PurePosixPath) -> tuple[str, ...]:
    """The paths of a model's files, whichever of them this is (none = it is named as no shard can be)."""
    try:
        return tuple(str(path.with_name(shard.name)) for shard in gguf.shards(Path(path.name)))
    except ModelFileError:
        return ()


def _pick(paths: list[str], what: str) -> str | None:
    """The path that `what` names; of several with one quantisation, the shortest."""
    paths = sorted(paths, key=lambda path: (len(path), path))
    if not what:
        known = {quantization_of(path): path for path in reversed(paths)}
        return next((known[name] for name in PREFERRED if name in known), paths[0] if paths else None)
    wanted = what.lower()
    for path in paths:
        if wanted in {path.lower(), PurePosixPath(path).name.lower(), quantization_of(path).lower()}:
            return path
    return None
