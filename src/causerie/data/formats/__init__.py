"""How a file holds rows: one file for each format; `table.py` names them by the ends of file names."""
