"""modeling: the transformer, its loss, its adapters and its files.

Comes in: token ids; model folders of the Hugging Face format; GGUF files.
Goes out: hidden states, losses with their gradients, generated tokens; the same two kinds of files.
Read first: `transformer.py`, then `config.py` for its sizes.
"""
