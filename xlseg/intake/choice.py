"""Which column of a sheet holds which field, where its headings leave a choice: by what the headings say, and by what stands below them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from xlseg.intake.cells import Cells, Texts, objects
from xlseg.intake.dates import dates
from xlseg.intake.documents import says_base
from xlseg.intake.fields import Field, Role
from xlseg.intake.headings import Candidate, Header, chosen, fold
from xlseg.intake.money import amounts
from xlseg.intake.words import state_of
from xlseg.workbook import Array

_SAMPLE = 400
_FEW = 20
_YEARS_APART = 5 * 365
_LEDGER_ACCOUNT = re.compile(r"accounts? (receivable|payable)|^forderungen|^verbindlichkeiten", re.IGNORECASE)
_GROSS = re.compile(r"gross|brutto|incl|inkl|withtax|withvat|ttc$")
_NET = re.compile(r"(?<!a)net(?!suite)|excl|exkl|(?:without|before)(?:tax|vat)|ht$")
_TAX = re.compile(r"(?:sales|total)?(?:tax|vat|gst|hst|mwst|ust|iva|tva|btw|moms|steuer|umsatzsteuer|mehrwertsteuer)(?:amount|total|betrag|amt)?")
_MONEY = ("amount", "remaining")
_YES, _NO = ("1", "yes", "y", "true", "ja", "wahr"), ("0", "no", "n", "false", "nein", "falsch")
_ANSWERED = {"isopen": ("Open", "Closed"), "ispaid": ("Paid", "Open"), "paid": ("Paid", "Open")}
"""What Yes and No say below headings that ask for a state."""
_RANKS = ("void", "draft", "disputed", "open", "credited", "closed", "")
"""States by how much they say of a document: where two columns tell one each, the first counts."""


def choose(header: Header, row: Sequence[object], whole: Sequence[Cells], role: Role) -> list[tuple[str, Candidate, bool]]:
    """One column a field, no column twice: (field, candidate, whether its content fits).

    Parameters
    ----------
    header
        The candidates of each field.
    row
        The cells of the header row.
    whole
        The columns of the sheet.
    """
    ranked = {name: _ranked(candidates, name, role) for name, candidates in header.items()}
    found = list(chosen(ranked, lambda candidate, field: _fits(whole[candidate.column], candidate, field, role), role))
    return _with_tax(_unlike_dates(found, whole, role), ranked, row, whole, role)


def _ranked(candidates: Sequence[Candidate], field: str, role: Role) -> Sequence[Candidate]:
    """The candidates of an amount: the user's own first, then what is applied, in base currency, with tax; one without tax last."""
    if field not in _MONEY:
        return candidates

    def rank(candidate: Candidate) -> tuple[object, ...]:
        heading = fold(candidate.heading)
        applied = role == "payments" and "appl" in heading
        gross, net = (role == "invoices" and bool(pattern.search(heading)) for pattern in (_GROSS, _NET))
        return candidate.strength != 0, not applied, not says_base(heading), not gross, net, candidate.strength, candidate.column

    return sorted(candidates, key=rank)


# ── whether a column holds what its heading says ─────────────────────────────


def _fits(column: Cells, candidate: Candidate, field: Field, role: Role) -> bool:
    """Whether a column is not empty and its cells mostly hold what its field should."""
    filled = np.flatnonzero(~column.blank)
    if not len(filled):
        return False
    sample = Cells(column.array[filled[np.linspace(0, len(filled) - 1, min(len(filled), _SAMPLE)).astype(int)]])
    if field.kind == "id":
        return _names_someone(column.texts, candidate, field, role)
    if field.kind == "date":
        bad = dates(sample).bad & ~says_open(sample)
        return bool(bad.sum() < 0.5 * max(len(sample) - says_open(sample).sum(), 1))
    if field.kind == "money":
        return bool(amounts(sample).bad.mean() < 0.5)
    return field.heading != "Status" or any(state_of(word, of_payment=role == "payments") for word in column.texts.distinct)


def says_open(column: Cells) -> Array:
    """Where a cell of dates says instead that there is none yet: "unpaid"."""
    return column.spread([isinstance(cell, str) and state_of(cell) == "open" for cell in column.distinct], bool) if column.mixed else _nowhere(column)


def _nowhere(column: Cells) -> Array:
    return np.zeros(len(column), dtype=bool)


def _names_someone(ids: Texts, candidate: Candidate, field: Field, role: Role) -> bool:
    """Whether a column can be one of ids.

    "Account" may also hold the general ledger's account of receivables, the same in every row; "ID" on a sheet of documents their own.
    """
    there = ids.where(~ids.among(""))
    different = len(np.unique(there.codes))
    if any(_LEDGER_ACCOUNT.search(text) for text in there.array[:_FEW]):
        return False
    if fold(candidate.heading).startswith(("account", "konto")) and candidate.strength:
        return len(there) < _FEW or different > 1
    is_row_id = role != "customers" and field.heading == "Customer ID" and fold(candidate.heading) == "id" and candidate.strength
    return not (is_row_id and len(there) >= _FEW and different == len(there))


def _unlike_dates(found: list[tuple[str, Candidate, bool]], whole: Sequence[Cells], role: Role) -> list[tuple[str, Candidate, bool]]:
    """The choice, with columns of numbers that would be dates before the documents' own, or years later, told as misfits: "Paid" may be an amount."""
    own = next((candidate for name, candidate, fits in found if name == "date" and fits), None)
    if own is None or role != "invoices":
        return found
    issued = dates(whole[own.column]).days

    def is_date(name: str, candidate: Candidate) -> bool:
        column = whole[candidate.column]
        if name not in ("due", "paid") or not candidate.strength or column.array.dtype != float:
            return True
        later = (dates(column).days - issued).astype("timedelta64[D]").astype(float)
        middle = float(np.median(later[~np.isnan(later)])) if not np.isnan(later).all() else 0.0
        return 0 <= middle < _YEARS_APART

    return [(name, candidate, fits and is_date(name, candidate)) for name, candidate, fits in found]


# ── amounts with tax ─────────────────────────────────────────────────────────


def _with_tax(
    found: list[tuple[str, Candidate, bool]], header: Header, row: Sequence[object], whole: Sequence[Cells], role: Role
) -> list[tuple[str, Candidate, bool]]:
    """The choice, with the amount of an invoice that is another column of the sheet less its tax replaced by that one."""
    at = next((at for at, (name, candidate, _) in enumerate(found) if name == "amount" and candidate.strength), None)
    taxes = [column for column, cell in enumerate(row) if isinstance(cell, str) and _TAX.fullmatch(fold(cell)) and column < len(whole)]
    if role != "invoices" or at is None or not taxes:
        return found
    net = amounts(whole[found[at][1].column])
    for candidate in header["amount"]:
        gross = amounts(whole[candidate.column])
        for tax in (amounts(whole[column]) for column in taxes):
            told = net.present & gross.present & tax.present & (tax.hundredths != 0)
            if told.any() and (np.abs(net.hundredths + tax.hundredths - gross.hundredths)[told] <= 1).mean() >= 0.9:
                return [*found[:at], ("amount", candidate, True), *found[at + 1 :]]
    return found


# ── what several columns say of a document's state ───────────────────────────


def states_told(header: Header, columns: Mapping[str, int], whole: Sequence[Cells], role: Role) -> Cells | None:
    """The state of each row where several columns tell it, "Posted" and "Paid", in the word that says most, or one by Yes and No; else None.

    A column Paid of invoices that holds Yes and No is one of them.
    """
    taken = {column for name, column in columns.items() if name != "status"}
    telling = [candidate for candidate in header.get("status", ()) if candidate.column not in taken]
    if role == "invoices" and "paid" not in columns:
        telling += [candidate for candidate in header.get("paid", ()) if fold(candidate.heading) == "paid" and answers(whole[candidate.column])]
    if not telling or (len(telling) == 1 and fold(telling[0].heading) not in _ANSWERED):
        return None
    texts = [_answers(whole[candidate.column].texts, fold(candidate.heading)) for candidate in telling]
    words, ranks = np.full(len(texts[0]), "", dtype=object), np.full(len(texts[0]), len(_RANKS) + 1)
    for column in texts:
        rank = column.spread([_rank(word, role) for word in column.distinct], int)
        words, ranks = np.where(rank < ranks, column.array, words), np.minimum(rank, ranks)
    return Cells(objects(words.tolist()))


def answers(column: Cells) -> bool:
    """Whether a column holds nothing but Yes and No."""
    words = {text.casefold() for text in column.texts.distinct.tolist()} - {""}
    return bool(words) and words <= {*_YES, *_NO}


def _answers(words: Texts, heading: str) -> Texts:
    """The words of a column, its answers as the states that they mean."""
    if heading not in _ANSWERED:
        return words
    yes, no = _ANSWERED[heading]
    meaning = dict.fromkeys(_YES, yes) | dict.fromkeys(_NO, no)
    return words.mapped(lambda word: meaning.get(word.casefold().removesuffix(".0"), word))


def _rank(word: str, role: Role) -> int:
    state = state_of(word, of_payment=role == "payments") if word else None
    return len(_RANKS) + (not word) if state is None else _RANKS.index(state)
