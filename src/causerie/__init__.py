"""causerie: your own ChatGPT, whole.

Comes in: text, models, questions. Goes out: answers, and better models. Read first: `docs/explanation/design.md`.
"""
