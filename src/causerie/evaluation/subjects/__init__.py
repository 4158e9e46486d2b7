"""Kinds of subject: what is judged, wherever it runs; `opening.py` chooses."""
