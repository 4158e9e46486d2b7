"""inference: runs models.

Comes in: a request in OpenAI's wire form for a model by its name; model files.
Goes out: a reply, whole or as a stream of events; the list of models with what each can do.
Read first: `contract.py`, then `router.py`.
"""
