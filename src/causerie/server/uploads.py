"""Files that people send, as the body of a request: the bytes alone, no form around them.

Does: name the routes that take files, whose limits are their own whatever `max_body_mib` says; hand over a body as it
comes.
Does not: keep anything.
"""

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from causerie.chat import attachments, imports
from causerie.server.relay import ClientGone

LIMITS = {"/api/attachments": attachments.MOST_BYTES, "/api/conversations/import": imports.MOST_BYTES}
"""In bytes, by path. The rooms hold files against the same limits, so that no setting could raise them."""
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What the schema says of a body that FastAPI does not see."""


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body, in pieces.

    Raises:
        ClientGone: The connection closed in its middle.
    """
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise ClientGone from error
