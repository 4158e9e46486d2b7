"""The files behind a recipe's `model.start`: which they are, and their hashes.

Does: find every file that training may read weights from, whatever it is called.
Does not: read weights (`networks.py`), or import torch: the registry asks here, too.
"""

from pathlib import Path

from causerie.inference.model_files import file_sha256
from causerie.training.runs import read_json

EXPORTED = Path("export", "hf")
"""Where a run keeps its model for those who go on from it."""
INDEX = "model.safetensors.index.json"
"""Which weight is in which file, where there are several."""


def start_of(start: Path, said: str = "") -> dict[str, str]:
    """What is written down of a start: its `path`, as the recipe says it, and the hash of each file.

    Args:
        start: Where it lies.
        said: What the recipe calls it (empty = so, too).
    """
    # A file may be called `path`, too, and its hash must not go for that.
    return {"path": said or str(start)} | {
        f"./{name}" if name == "path" else name: each for name, each in hashes(start).items()
    }


def hashes(start: Path) -> dict[str, str]:
    """Hashes of the files that training may read weights from, by name: in a folder, as seen from there."""
    folder = start.parent if start.is_file() else start
    return {file.relative_to(folder).as_posix(): file_sha256([file]) for file in start_files(start)}


def start_files(start: Path) -> list[Path]:
    """The files that training may read weights from: the file itself, or those of a folder or of a run's."""
    if start.is_file():
        return [start]
    return [file for folder in (start, start / EXPORTED) for file in weights_in(folder)]


def weights_in(folder: Path) -> list[Path]:
    """What ends on `.safetensors`, and what the index names, whatever it is called; by name."""
    found, index = set(folder.glob("*.safetensors")), folder / INDEX
    if index.is_file():
        named = read_json(index).get("weight_map")
        names = [str(name) for name in named.values()] if isinstance(named, dict) else []
        # Training reads an index of any size: of one that is not read here, anything may be weights.
        found |= {folder / Path(name).name for name in names} or set(folder.iterdir())
    return sorted(file for file in found if file.is_file())
