"""Writers: a run's events go in, and come out where other programs show them. Read `contract.py`, then `table.py`."""
