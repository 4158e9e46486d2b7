"""The kinds of sources by their names in a recipe."""

from typing import Annotated

from pydantic import Field

from causerie.data.contract import Kind
from causerie.data.forms.table import TABLE as FORMS
from causerie.data.sources.files import Files
from causerie.data.sources.hub import Hub
from causerie.data.sources.options import ReadOptions
from causerie.data.sources.python_docs import PythonDocs

AnySource = Annotated[Files | Hub | PythonDocs, Field(discriminator="kind")]

TABLE = {"files": Files, "hub": Hub, "python-docs": PythonDocs}


def kind_of(source: Files | Hub | PythonDocs) -> Kind:
    """Which kind of samples it gives."""
    return FORMS[source.form][1] if isinstance(source, ReadOptions) else "documents"
