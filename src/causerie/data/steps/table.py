"""The steps by their names in a recipe, in the order in which they usually stand."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from causerie.data.steps.boilerplate import Boilerplate
from causerie.data.steps.c4 import C4
from causerie.data.steps.decontaminate import Decontaminate
from causerie.data.steps.duplicates import ExactDuplicates, NearDuplicates
from causerie.data.steps.fineweb import FineWeb
from causerie.data.steps.gopher import Gopher
from causerie.data.steps.instructions import CheckableInstructions
from causerie.data.steps.language import Language
from causerie.data.steps.normalise import Normalise
from causerie.data.steps.personal_data import PersonalData

AnyStep = Annotated[
    Normalise | Boilerplate | Language | Gopher | C4 | FineWeb | PersonalData | Decontaminate | CheckableInstructions
    | ExactDuplicates | NearDuplicates,
    Field(discriminator="use"),
]  # fmt: skip

TABLE: Mapping[str, type[BaseModel]] = {
    "normalise": Normalise,
    "boilerplate": Boilerplate,
    "language": Language,
    "gopher": Gopher,
    "c4": C4,
    "fineweb": FineWeb,
    "personal-data": PersonalData,
    "decontaminate": Decontaminate,
    "instructions": CheckableInstructions,
    "exact-duplicates": ExactDuplicates,
    "near-duplicates": NearDuplicates,
}
