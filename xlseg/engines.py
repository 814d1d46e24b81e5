"""Where the facts live while they are added up: pandas (default), Polars or DuckDB. The same narwhals expressions run on each."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from xlseg.errors import FileError, SettingError

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


def connect() -> tuple[Any, type[Exception]]:
    """A DuckDB of its own, and what it raises when it cannot do something."""
    duckdb = _package("duckdb")
    connection = duckdb.connect(config={"preserve_insertion_order": False, "python_enable_replacements": False})
    return connection, duckdb.Error


def write(frame: pd.DataFrame, path: Path) -> None:
    """A frame as a .parquet or .csv file; all or nothing."""
    connection, failure = connect()
    beside = path.with_name(f".{path.name}.part")
    try:
        found = connection.from_df(frame)
        (found.write_parquet if path.suffix.lower() == ".parquet" else found.write_csv)(str(beside))
        beside.replace(path)
    except (failure, OSError) as error:
        beside.unlink(missing_ok=True)
        raise FileError(path.name, f"cannot be written ({str(error).splitlines()[0]})", "check the folder and its rights") from None


def relation(native: Any) -> Frame:
    """A DuckDB relation, to be asked in narwhals."""
    return nw.from_native(native)


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
