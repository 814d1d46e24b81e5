"""Where the facts live while they are added up: pandas (default), Polars or DuckDB. The same narwhals expressions run on each."""

from __future__ import annotations

import atexit
import importlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from xlseg.errors import FileError, SettingError, SourceError
from xlseg.inert import inert

ENGINES = ("pandas", "polars", "duckdb")

SHARE = 0.75
"""Of what DuckDB would take by itself, which is four fifths of the machine: its results come to pandas, and other programs are there too.

Three fifths of the machine are enough on a small one: ten million invoices are added up in 0.7 GB, and not slower than in more.
"""

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
    spill = tempfile.mkdtemp(dir=_scratch())
    connection = duckdb.connect(config={"preserve_insertion_order": False, "python_enable_replacements": False, "temp_directory": spill})
    ((limit,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = limit.split()  # as 18.8 GiB
    connection.execute(f"SET memory_limit = '{float(number) * SHARE:.9f} {unit}'")
    return connection, duckdb.Error


@cache
def _scratch() -> str:
    """Where DuckDB puts what memory does not hold, until the process ends; by itself it would take the current folder."""
    folder = tempfile.mkdtemp(prefix="xlseg-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def told(name: str) -> Iterator[None]:
    """What DuckDB cannot do with the values of a file is one line, about that file."""
    duckdb = _package("duckdb")
    try:
        yield
    except duckdb.OutOfMemoryException:
        advice = "ask for fewer metrics with --metrics, or measure it on a machine with more"
        raise SourceError(name, "there is not enough memory to add it up", advice) from None
    except duckdb.Error as error:
        raise SourceError(name, f"a value that cannot be used ({said(error)})", "correct it in the file") from None


def said(error: Exception) -> str:
    """First line of what DuckDB says."""
    return str(error).splitlines()[0]


def must_be_replaceable(path: Path) -> None:
    """Refuse a pipe, a device or a folder in the place of a file that is to be written.

    Raises
    ------
    FileError
        When it is one.
    """
    if path.exists() and not path.is_file():
        raise FileError(path.name, "no file that can be written", "take another name")


def write(frame: pd.DataFrame, path: Path) -> None:
    """A frame as a .parquet or .csv file; all or nothing.

    It is made in a folder of its own beside the goal: DuckDB opens files by their names, and there nobody has put a link or a pipe of that name.
    """
    must_be_replaceable(path)
    connection, failure = connect()
    try:
        with tempfile.TemporaryDirectory(prefix=".~xlseg-", dir=path.parent) as folder:
            made = Path(folder) / f"made{path.suffix}"
            if path.suffix.lower() == ".parquet":
                connection.from_df(frame).write_parquet(str(made))
            else:
                texts = frame.select_dtypes(exclude="number")
                connection.from_df(frame.assign(**texts.map(inert))).write_csv(str(made))
            made.replace(path)
    except (failure, OSError) as error:
        raise FileError(path.name, f"cannot be written ({said(error)})", "check the folder and its rights") from None


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
