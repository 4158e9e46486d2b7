"""What a backup says of itself: its `manifest.json`.

Does: hold and check the manifest's form; nothing in it is trusted before.
Does not: compare it with the archive's contents; see `archive.py`.
"""

from abc import abstractmethod
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FORMAT: Literal["causerie-backup"] = "causerie-backup"
VERSION = 1
"""Of the archive's form; the form of the rows goes by `revision`."""
MEMBER = "manifest.json"
"""Its name in the archive."""

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
_Size = Annotated[int, Field(ge=0)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _stays_inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or any(part in {"/", "..", "."} or "\\" in part for part in parts):
        raise ValueError("it leads out of the folder")
    if not path.isprintable():
        raise ValueError("a name of a file has a character that cannot be shown")
    return path


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Member(_Part):
    bytes: _Size
    sha256: _Hash

    @property
    @abstractmethod
    def member(self) -> str:
        """Its name in the archive."""


class TableRows(_Member):
    """The rows of one table: lines of JSON, each a list with one value for each column."""

    name: _Name
    columns: tuple[tuple[_Name, str], ...] = Field(min_length=1)
    """Names and kinds (`cells.py`)."""
    rows: _Size

    @property
    def member(self) -> str:
        """`rows/` and the table, `attachments/` and the path."""
        return f"rows/{self.name}.jsonl"


class KeptFile(_Member):
    """A file of the data folder that belongs to the rows."""

    path: Annotated[str, Field(max_length=1024), AfterValidator(_stays_inside)]
    """Relative to the folder of attachments, with `/`."""

    @property
    def member(self) -> str:
        """`rows/` and the table, `attachments/` and the path."""
        return f"attachments/{self.path}"


class Manifest(_Part):
    """A backup's contents."""

    format: Literal["causerie-backup"]
    version: int
    causerie: str
    """Version of the program that wrote it."""
    revision: str
    """Of the database's schema."""
    database: Literal["sqlite", "postgresql"]
    made_at: str
    """ISO 8601, UTC."""
    tables: tuple[TableRows, ...]
    files: tuple[KeptFile, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def bytes(self) -> int:
        """Size of everything, unpacked."""
        return sum(part.bytes for part in (*self.tables, *self.files))

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.made_at)
