"""Behavioural segmentation of customers, in the workbook where the ERP exports live."""

__version__ = "0.1.0"
