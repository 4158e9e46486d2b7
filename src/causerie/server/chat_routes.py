"""Every route of conversations, put together.

Does: make them from the desk. Does not: answer; the files named after what they are about do.
"""

from fastapi import APIRouter

from causerie.chat.desk import Desk
from causerie.server.attachments import attachment_routes
from causerie.server.conversation_events import Still, event_routes
from causerie.server.conversation_files import file_routes
from causerie.server.conversations import conversation_routes, trash_routes
from causerie.server.folders import draft_routes, folder_routes
from causerie.server.messages import feedback_routes, message_routes
from causerie.server.personal import personal_routes, prompt_routes
from causerie.server.search import search_routes
from causerie.server.shares import share_routes


def chat_routes(desk: Desk, still: Still) -> list[APIRouter]:
    """The routes.

    Args:
        desk: Of this server.
        still: Whether what a caller showed is good yet.
    """
    return [
        file_routes(desk),  # first: `/api/conversations/export` has the form of a conversation's path
        conversation_routes(desk),
        trash_routes(desk),
        message_routes(desk),
        feedback_routes(desk),
        event_routes(desk, still),
        folder_routes(desk),
        draft_routes(desk),
        search_routes(desk),
        share_routes(desk),
        attachment_routes(desk),
        prompt_routes(desk),
        personal_routes(desk),
    ]
