"""From the sheets of a source to the tidy tables, with findings about what they could not hold."""

from xlseg.intake.ledger import read_ledger

__all__ = ["read_ledger"]
