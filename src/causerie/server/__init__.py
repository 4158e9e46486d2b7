"""server: HTTP only.

Comes in: requests of browsers and of API clients. Goes out: what one call into a lower room returned, as HTTP.
Read first: `app.py`.
"""
