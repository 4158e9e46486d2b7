"""How a file holds documents or conversations: one file for each form; `table.py` names them."""
