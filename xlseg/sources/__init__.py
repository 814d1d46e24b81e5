"""Where ERP sheets can come from besides a workbook: CSV files, SpreadsheetML."""

from xlseg.sources.opening import open_source

__all__ = ["open_source"]
