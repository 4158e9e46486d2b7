"""improvement: what people say of answers becomes a candidate at the gate.

Comes in: opinions and votes that people allowed to train on (room chat), the release in service (room registry).
Goes out: a candidate, measured against the release on what was held out, and what the gate said of it.
Read first: `job.py`, the steps in their order; then `contract.py`.
"""
