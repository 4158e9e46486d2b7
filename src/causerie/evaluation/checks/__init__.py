"""Checks of an answer that a program can make: one file for each family of them; `table.py` names them."""
