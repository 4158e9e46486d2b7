"""Where text comes from: one file for each kind of source; `table.py` names them."""
