"""evaluation: judges models, with figures that have intervals.

Comes in: a suite (tasks and their items) and a subject: a model of the catalogue, of an upstream, a checkpoint.
Goes out: an evaluation as JSON, every answer beside it, a report; the statistics to compare two of them.
Read first: `contract.py`, then `running.py`.
"""
