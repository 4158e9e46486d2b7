"""tokenization: text to token ids and back, and conversations to what a model reads.

Comes in: texts to learn a vocabulary from; texts to encode; conversations.
Goes out: a tokenizer's folder; token ids; for conversations also which of them the model is to learn.
Read first: `tokenizer.py`, then `template.py`.
"""
