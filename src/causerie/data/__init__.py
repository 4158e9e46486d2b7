"""data: from raw text to what a model is trained on.

Comes in: a recipe (TOML) that names sources, steps and a mixture.
Goes out: a folder of clean documents, conversations and preferences, its report and its card, and token shards.
Read first: `contract.py`, then `build.py`.
"""
