"""The extension for LibreOffice Calc: made from the records of the formulas, installed with `unopkg`.

`program/` runs inside LibreOffice, in its own Python: it passes on what Calc asks to the worker (`xlseg.addin.worker`), which runs in the
Python that xlseg is installed in, and does in the open document what the worker says.
"""
