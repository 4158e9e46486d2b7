"""What causerie claims about speed, measured: one program for each claim, beside a peer in the same run.

In: this checkout, a C compiler, and, in a cache folder, virtual environments of the peers. Out: `results/NAME.json`
(every repetition) and the table in `README.md`, which is made from them.
Read `measure.py` first (what a result is), then `gateway.py`.
"""
