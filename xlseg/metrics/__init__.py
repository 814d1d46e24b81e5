"""Every metric of docs/metrics.md: the definitions in narwhals, one module a subject, and the one pass that measures them."""

from xlseg.metrics.book import book_figures
from xlseg.metrics.catalogue import CATALOGUE, Metric
from xlseg.metrics.measure import measure, measure_facts
from xlseg.metrics.parquet import measure_parquet

__all__ = ["CATALOGUE", "Metric", "book_figures", "measure", "measure_facts", "measure_parquet"]
