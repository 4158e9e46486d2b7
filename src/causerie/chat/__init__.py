"""chat: conversations as trees of messages, the answers that the server gives in them, and what people say of those.

Comes in: questions, files, votes, exports of other programs; the router of models; a `Caller`.
Goes out: conversations, live events for every tab, search, shares, exports, preference pairs.
Read first: `tables.py`, then `answers.py`.
"""
