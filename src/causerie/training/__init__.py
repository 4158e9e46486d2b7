"""training: one loop that makes a model out of tokens, whatever it learns from them, and loses nothing on the way.

Comes in: a recipe (TOML), token shards or conversations, a model to go on from or none.
Goes out: a run folder: the recipe, versions and hashes, metrics, samples, checkpoints, the model, its lineage.
Read first: `trainer.py`, then `contract.py` for what an objective is and `checkpoint.py` for how nothing is lost.
"""
