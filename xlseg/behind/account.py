"""An account: the documents behind a metric, what each contributes, and the steps from there to the number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from xlseg.behind.evidence import LISTED
from xlseg.workbook import Array

Together = Literal["sum", "largest", "smallest", "steps"]
"""How the contributions make the number: they are it, added up; it is the largest or the smallest of them; or the steps say."""

DOCUMENT, OTHERS, INPUT = "document", "others", "input"
"""What a row is: a document of the customer, all others of them, or something else that goes into the number, such as the mean of the book."""


@dataclass(frozen=True)
class Step:
    """A number on the way, and how it is made of those before it."""

    name: str
    value: float
    how: str = ""


@dataclass(frozen=True)
class Account:
    """What stands behind a metric of a customer.

    Attributes
    ----------
    value
        The metric; None where it is absent.
    rows
        kind, document, issued, due, settled (NaT = not), amount (units), days, contribution (NaN = none), note: documents by date, then inputs.
    steps
        From the contributions to the number, where that is more than a sum.
    how
        What each row contributes, and how the number is made of it, in words; for an absent metric why it is.
    """

    metric: str
    value: float | str | None
    rows: pd.DataFrame
    steps: tuple[Step, ...]
    how: str
    together: Together = "sum"


def documents(found: pd.DataFrame, contribution: Array | float, note: Sequence[str] | str = "", days: str = "days") -> pd.DataFrame:
    """Rows of documents with what they contribute; `days` is the column that is shown as days."""
    columns: dict[str, object] = {name: found[name].array for name in LISTED} | {"days": found[days].to_numpy("float64"), "kind": DOCUMENT}
    columns |= {"contribution": np.asarray(contribution, "float64") + 0.0, "note": note if isinstance(note, str) else np.array(list(note), object)}
    return pd.DataFrame(columns, index=found.index, copy=False)


def inputs(rows: Iterable[tuple[str, float, str]]) -> pd.DataFrame:
    """Rows that are no documents: what it is, what it contributes, and how that is made."""
    names, values, notes = zip(*rows, strict=True)
    never = np.full(len(names), np.datetime64("NaT", "s"))
    columns = {"document": list(names), "issued": never, "due": never, "settled": never, "amount": math.nan, "days": math.nan, "kind": INPUT}
    return pd.DataFrame({**columns, "contribution": values, "note": notes})


def together(*frames: pd.DataFrame) -> pd.DataFrame:
    """Documents, then inputs."""
    return pd.concat([frame for frame in frames if len(frame)] or list(frames[:1]), ignore_index=True)


def folded(account: Account, most: int) -> pd.DataFrame:
    """The rows of an account, of its documents only the `most` that count most, the largest first, and one line for all others."""
    rows = account.rows
    is_document = (rows["kind"] == DOCUMENT).to_numpy()
    found = rows[is_document]
    if len(found) <= most:
        return rows
    size = found["contribution"].abs().to_numpy()
    rank = np.lexsort((-found["issued"].to_numpy("int64"), size if account.together == "smallest" else -size))
    kept, others = found.iloc[rank[: most - 1]], found.iloc[rank[most - 1 :]]
    return together(kept, _others(account, others), rows[~is_document])


def _others(account: Account, rows: pd.DataFrame) -> pd.DataFrame:
    """One line for some documents."""
    never = np.full(1, np.datetime64("NaT", "s"))
    value = {"largest": rows["contribution"].max(), "smallest": rows["contribution"].min()}.get(
        account.together, rows["contribution"].sum(min_count=1)
    )
    said = {"largest": "the largest of theirs", "smallest": "the smallest of theirs"}.get(account.together, "together")
    columns = {
        "document": [f"… {len(rows):,} others"],
        "issued": never,
        "due": never,
        "settled": never,
        "amount": [rows["amount"].sum()],
        "days": math.nan,
    }
    return pd.DataFrame({**columns, "kind": OTHERS, "contribution": [value], "note": said})
