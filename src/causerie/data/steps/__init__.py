"""What is done to text: one file for each step; `table.py` names them."""
