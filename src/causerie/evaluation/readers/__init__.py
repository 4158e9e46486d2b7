"""Readers of public sets in the form in which they are published: one file for each; `table.py` names them."""
