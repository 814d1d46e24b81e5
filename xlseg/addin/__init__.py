"""The add-in: the formulas that stand in cells, and what each spreadsheet program needs to know of them.

The records of the formulas (`formula`, `catalogue`) need nothing but Python; the functions behind them need pandas and numpy.
"""
