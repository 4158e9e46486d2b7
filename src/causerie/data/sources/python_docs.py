"""The documentation of Python's own standard library: a sample that is on every machine, with no download.

Does: make a document of each module from its docstrings, and of each topic of the language reference that Python's
own `help()` shows.
Does not: import or run any module; the sources are parsed. The same Python gives the same documents.
"""

import ast
import inspect
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from causerie.data.contract import Document, Portion, Removed, Sample
from causerie.data.sources.options import SourceOptions, parts
from causerie.errors import DataError

LICENCE = "PSF-2.0"
_LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "pydoc_data", "site-packages", "dist-packages", "__pycache__"}
_TOPICS = "pydoc_data/topics.py"


class PythonDocs(SourceOptions):
    """Docstrings and language reference of the running Python."""

    kind: Literal["python-docs"] = "python-docs"
    licence: str = LICENCE
    language: str = "en"

    def portions(self) -> list[Portion]:
        """One part for each file of the library.

        Raises:
            DataError: This Python has no sources with it.
        """
        root = Path(sysconfig.get_paths()["stdlib"])
        found = sorted(_modules(root))
        if not found:
            raise DataError(
                "this Python has no sources of its standard library in {folder}", folder=str(root),
                hint="name a folder of texts as the source instead: kind = \"files\"",
            )  # fmt: skip
        topics = [root / _TOPICS] if (root / _TOPICS).is_file() else []
        version = sys.version.split()[0]
        return [
            Portion(path.relative_to(root).as_posix(), str(path), size_bytes=path.stat().st_size, version=version)
            for path in [*found, *topics]
        ]

    def read(self, portion: Portion) -> Iterator[Sample | Removed]:
        """The documents of one file: one, or the topics of the language reference."""
        text = Path(portion.path).read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            yield Removed("not Python", f"{portion.name}: {error}")
            return
        found = _topics(tree) if portion.name == _TOPICS else _module(tree, portion.name)
        for sample in found:
            yield from parts(sample, self.part_characters)


def _modules(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in _LEFT_OUT and not name.startswith("config-")]
        yield from (Path(folder, name) for name in files if name.endswith(".py"))


def _topics(tree: ast.Module) -> Iterator[Sample]:
    """The values of the dictionary that `help("topics")` reads."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for name, text in ast.literal_eval(node.value).items():
                yield Document(id=f"topics/{name}", text=str(text).strip(), meta={"title": str(name)})


def _module(tree: ast.Module, name: str) -> Iterator[Sample | Removed]:
    """The docstrings of a module, each under the name of what it describes."""
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    about = ast.get_docstring(tree)
    pieces = [f"# {module}", *([about] if about else []), *_members(tree, module)]
    if len(pieces) == 1:
        yield Removed("no docstring", name)
        return
    yield Document(id=module, text="\n\n".join(pieces), meta={"title": module})


def _members(node: ast.AST, path: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        own = f"{path}.{child.name}"
        about = ast.get_docstring(child)
        if about and isinstance(child, ast.ClassDef):
            yield f"## class {own}\n\n{inspect.cleandoc(about)}"
        elif about and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"## {own}({ast.unparse(child.args)})\n\n{inspect.cleandoc(about)}"
        if isinstance(child, ast.ClassDef):
            yield from _members(child, own)
