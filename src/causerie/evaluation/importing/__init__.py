"""Results of other evaluation programs, read as evaluations of ours. Read first: `table.py`."""
