"""Kinds of task: one file each, named in `table.py`."""
