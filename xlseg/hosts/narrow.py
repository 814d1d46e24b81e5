"""A worksheet without the cells of columns that nobody asks for: what reads the others is as fast as if they were alone on the sheet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

import numpy as np

from xlseg.hosts.extent import MAX_COLUMNS
from xlseg.hosts.glance import begins_cell, columns_at, signs_of

_NAME = len(b'<c r="')


def narrowed(chunks: Iterator[bytes], columns: Collection[int]) -> Iterator[bytes]:
    """The same bytes without the cells of all but some columns, which are counted from 0. Rows stay, also those without a cell.

    Parameters
    ----------
    chunks
        A worksheet with its rows in order (`Extent.is_in_order`); each begins and ends between tags.
    """
    wanted = np.zeros(MAX_COLUMNS + 1, bool)
    wanted[[0, *(column + 1 for column in columns)]] = True  # 0: what is no name of a cell is left to who reads it
    stays = True  # what a chunk begins with, which may be the rest of a cell
    for chunk in chunks:
        signs, words = signs_of(chunk)
        tags = np.flatnonzero(signs[: len(chunk)] == ord("<"))
        cells = tags[begins_cell(signs, words, tags)]
        ends = tags[(signs[tags + 1] == ord("/")) & (signs[tags + 2] == ord("r")) & (signs[tags + 3] == ord("o"))]
        places = np.concatenate([[0], cells, ends])
        stay = np.concatenate([[stays], wanted[np.maximum(columns_at(signs, cells + _NAME)[1], 0)], np.ones(len(ends), bool)])
        order = np.argsort(places, kind="stable")
        places, stay = places[order], stay[order]
        turns = np.flatnonzero(np.diff(stay, prepend=~stay[:1]))
        stays = bool(stay[-1])
        bounds = [*places[turns].tolist(), len(chunk)]
        yield b"".join(chunk[start:stop] for (start, stop), kept in zip(pairwise(bounds), stay[turns].tolist(), strict=True) if kept)
