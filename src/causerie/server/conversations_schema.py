"""What the routes of conversations take and answer, beside the forms that the live events share (`chat/views.py`).

Does: describe, within limits.
Does not: look into a conversation; the rooms below do.
"""

from typing import Annotated, Any

from fastapi import Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from causerie.chat import views
from causerie.chat.asking import MOST_FILES, Question
from causerie.chat.desk import Models
from causerie.chat.running import stored
from causerie.server.accounts_schema import Asked, Id, ModelName, Told
from causerie.server.schema import ErrorAnswer

MOST_CHARACTERS = 200_000
"""Of a question; longer text goes up as a file."""
MOST_SYSTEM = 32_000
ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Content = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS), AfterValidator(stored)]
FileIds = Annotated[list[Id], Field(max_length=MOST_FILES)]
FolderName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
System = Annotated[str, StringConstraints(max_length=MOST_SYSTEM), AfterValidator(stored)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=120)]


REFUSALS = {
    413: "The file is over the limit, or takes more room than is left",
    415: "Nothing here can be made of such a file",
    422: "The file is damaged, protected, or a bomb",
    502: "The engine or upstream failed",
    503: "No engine is available now; see Retry-After",
    504: "The upstream did not answer in time",
    507: "The model does not fit the memory",
}
"""Errors that not every route has, for the schema."""
MODEL_FAILS = (502, 503, 504, 507)
"""Those of a route that waits for a model."""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route's schema says of these errors."""
    return {status: {"model": ErrorAnswer, "description": REFUSALS[status]} for status in statuses}


class AskAgain(Asked):
    """Who is to answer, and how."""

    models: Annotated[list[ModelName], Field(min_length=1, max_length=4)] | None = None
    """Several answer side by side (null = the conversation's last, else the server's default)."""
    blind: bool = False
    """The names are hidden until the vote."""
    parameters: views.Parameters | None = None
    """This once, over the conversation's own."""
    client_id: ClientId | None = None
    """Made for each sending and repeated when it is tried again: nothing is asked twice."""

    def chosen(self) -> Models:
        """As the desk takes it."""
        return Models(names=self.models or (), blind=self.blind)

    def given(self) -> dict[str, object]:
        """The parameters that are there."""
        return self.parameters.model_dump(exclude_none=True) if self.parameters else {}


class Ask(AskAgain):
    """A question."""

    content: Content
    attachment_ids: FileIds = Field(default_factory=list)
    parent_id: Id | None
    """The message above it (null = it begins the tree, or another tree)."""

    def question(self) -> Question:
        """As the desk takes it."""
        return Question(
            content=self.content,
            parent_id=self.parent_id,
            attachment_ids=self.attachment_ids,
            client_id=self.client_id,
        )


class NewConversation(Asked):
    """A conversation to be made."""

    title: Title = ""
    folder_id: Id | None = None
    system: System = ""
    parameters: views.Parameters | None = None
    ask: Ask | None = None
    """Its first question."""


class ConversationChange(Asked):
    """What is to change; what is absent stays."""

    title: Title | None = None
    """An empty one gives it back to the question's beginning."""
    folder_id: Id | None = None
    pinned: bool | None = None
    archived: bool | None = None
    head_id: Id | None = None
    system: System | None = None
    parameters: views.Parameters | None = None

    def given(self) -> dict[str, object]:
        """The fields that are there; only a folder can be taken away by null."""
        fields = self.model_dump(exclude_unset=True)
        if self.parameters is not None:
            fields["parameters"] = self.parameters.model_dump(exclude_none=True)
        return {name: value for name, value in fields.items() if value is not None or name == "folder_id"}


class SidebarTold(Told):
    """What stands beside a conversation."""

    folders: list[views.Folder]
    pinned: list[views.Summary]
    items: list[views.Summary]
    """The newest that are not pinned."""
    next: str | None
    """What `cursor` of `/api/conversations?pinned=false` takes."""
    draft: views.Draft | None
    """For the next new conversation."""
    event_id: str


class ConversationTold(Told):
    """A conversation that was made."""

    conversation: views.Conversation


class AskedTold(Told):
    """A question that is kept, and the answers that have begun."""

    question: views.Message
    answers: list[views.Message]
    comparison: views.Comparison | None
    conversation: views.Summary


def dumped(content: BaseModel, status: int = 200) -> Response:
    """The answer as bytes, made once: a thousand messages need not be checked a second time on their way out."""
    return Response(content.model_dump_json(), status, media_type="application/json")
