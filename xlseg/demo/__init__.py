"""A demo book that xlseg makes itself: believable ERP exports of customers whose behaviour is known."""

from __future__ import annotations

from xlseg.demo.book import DemoBook, make_book
from xlseg.demo.defects import Defect
from xlseg.demo.writing import write_book

__all__ = ["Defect", "DemoBook", "make_book", "write_book"]
