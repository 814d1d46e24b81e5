"""Where the facts live while they are added up: pandas (default), Polars or DuckDB. The same narwhals expressions run on each."""

from __future__ import annotations

import importlib
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from xlseg.errors import SettingError

ENGINES = ("pandas", "polars", "duckdb")

Frame = Any
"""A narwhals DataFrame or LazyFrame; which of them is the engine's business."""


def load(frame: pd.DataFrame, engine: str = "pandas") -> Frame:
    """A pandas frame of integers, floats or texts, handed to an engine.

    Raises
    ------
    SettingError
        When there is no such engine, or its package is not installed.
    """
    if engine == "pandas":
        return nw.from_native(frame)
    if engine == "polars":
        return nw.from_native(_package("polars").DataFrame({c: frame[c].to_numpy() for c in frame.columns}).lazy())
    if engine == "duckdb":
        return nw.from_native(_package("duckdb").from_df(frame))
    raise SettingError("engine", f"{engine!r} is none", f"take one of {', '.join(ENGINES)}")


def collect(frame: Frame) -> pd.DataFrame:
    """The result of an engine, as pandas; absent values are NaN or None."""
    eager = frame.collect(backend="pandas") if isinstance(frame, nw.LazyFrame) else frame
    native: pd.DataFrame = eager.to_pandas()
    return native


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise SettingError("engine", f"{name} is not installed", f'run: pip install "xlseg[{name}]"') from None
