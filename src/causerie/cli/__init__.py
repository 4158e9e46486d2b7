"""cli: the command `causerie`, one file per verb.

Comes in: arguments of a person or a script. Goes out: text for people, JSON with `--json`, an exit code.
Read first: `main.py`.
"""
