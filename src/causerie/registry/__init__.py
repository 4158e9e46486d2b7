"""Model versions: what a model is byte for byte, where it comes from, and whether it may reach people.

Comes in: a model of the catalogue, the run that made it, evaluations of it, decisions of people.
Goes out: immutable signed versions, their lineage, cards and bills of materials; judgements, aliases, releases.
Read first: `contract.py`
"""
