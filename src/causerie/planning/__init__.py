"""planning: the arithmetic of a training run on a fleet, before anybody pays for it. No torch, no clock, no network.

Comes in: sizes of a network, tokens, a number of GPUs of a kind, assumptions that each name their source.
Goes out: a plan: layout, memory, days, money, energy, failures, loss, thresholds; ranges where inputs are uncertain.
Read first: `plan.py`, which joins the others; each of them is one subject and can be read alone.
"""
