"""Adds the facts up on any engine: rows are spread over the dates by an equi-join, and summed a customer and date."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from xlseg.engines import Frame
from xlseg.metrics.spans import F64, I64, KEYS, Dates, Part, Rows, spread


def joined_sums(known: Rows, parts: Sequence[Part], dates: Dates) -> Frame:
    """A row an as-of date and known customer, with the columns of every part."""
    frame = spread(known, dates).select(*KEYS)
    for part in parts:
        frame = frame.join(_added(part, dates), on=list(KEYS), how="left")
        if added := (*part.counts, *part.sums):
            frame = frame.with_columns(*[nw.col(name).fill_null(0) for name in added])
    return frame


def _added(part: Part, dates: Dates) -> Frame:
    """The sums of a part. The casts after are needed: DuckDB sums integers to 128 bits."""
    rows = nw.concat([spread(rows, dates).select(*KEYS, *part.columns) for rows in part.rows], how="vertical")
    grouped = rows.group_by(*KEYS).agg(
        *[nw.col(name).sum() for name in (*part.counts, *part.sums)],
        *[nw.col(name).min() for name in part.least],
        *[nw.col(name).max() for name in part.most],
    )
    casts = [*(nw.col(name).cast(I64) for name in part.counts), *(nw.col(name).cast(F64) for name in part.sums)]
    return grouped.with_columns(*casts) if casts else grouped
