"""objectives: what can be learnt, one file each; `table.py` has their names, `../contract.py` what they must do."""
