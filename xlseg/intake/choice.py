"""Which column of a sheet holds which field, where its headings leave a choice: by what the headings say, and by what stands below them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from xlseg.intake.cells import NO, YES, Cells, Texts, objects
from xlseg.intake.dates import dates
from xlseg.intake.documents import says_base
from xlseg.intake.fields import FIELDS, Field, Role
from xlseg.intake.headings import Candidate, Header, chosen, fold
from xlseg.intake.money import Amounts, amounts
from xlseg.intake.words import says_open, state_of
from xlseg.workbook import Array, Value

_SAMPLE = 400
_FEW, _SEVERAL = 20, 3
_YEARS_APART = 5 * 365
_NEARLY_ALL = 0.9
_LEDGER_ACCOUNT = re.compile(
    r"accounts? (receivable|payable)|trade (debtors|creditors|receivables|payables)|(debtors|receivables?) control|^forderungen|^verbindlichkeiten",
    re.IGNORECASE,
)
_MAY_BE_OUR_OWN = ("account", "konto", "entity", "client")
"""Headings of customers that may also be those of the ledger's accounts, of one's own companies or their clients in the ERP."""
_WITH_TAX = re.compile(r"incl|inkl|withtax|withvat|ttc$|gross|brutto")
_WITHOUT_TAX = re.compile(r"(?<!a)net(?!suite)|excl|exkl|(?:without|before)(?:tax|vat)|ht$")
_TAX = re.compile(
    r"\d{0,2}(?:sales|total)?(?:tax|vat|[csi]?gst|utgst|hst|pst|qst|cess|mwst|ust|iva|tva|btw|moms|steuer|umsatzsteuer|mehrwertsteuer)"
    r"(?:amount|total|betrag|amt)?\d{0,2}"
)
_ADDED = re.compile(r"(?:shipping|freight|delivery|handling|versand|fracht|porto)(?:kosten|costs?|charges?|fees?|amount|betrag)?")
_TAKEN_OFF = re.compile(r"(?:discount|rabatt|nachlass)(?:s|given|total|amount|betrag)?")
"""What makes of one amount of an invoice another one: tax, shipping, a discount."""

_BALANCE = ("open", "closed", "credited", "disputed")
_ANSWERS = {"isopen": ("Open", "Closed"), "ispaid": ("Paid", "Open"), "paid": ("Paid", "Open")}
"""What Yes and No say below headings that ask for a state."""
_SAYS_ONLY = {"paymentstatus": _BALANCE, "approvalstatus": ("void", "draft"), "orderstatus": (), **dict.fromkeys(_ANSWERS, _BALANCE)}
"""States of an invoice that a column tells, where it is beside one that tells all: a payment that is voided voids no invoice."""
_PRECEDENCE = {"paymentstatus": 1, "approvalstatus": 2, "orderstatus": 3, "isopen": 4, "ispaid": 5, "paid": 6}
"""Who is heard after a column that tells all, which is 0."""


@dataclass(frozen=True)
class Choice:
    """The column of a field, and whether its content is what the heading says."""

    field: str
    candidate: Candidate
    fits: bool


def choose(header: Header, row: Sequence[Value], whole: Sequence[Cells], role: Role) -> list[Choice]:
    """One column a field, no column twice.

    Parameters
    ----------
    header
        The candidates of each field.
    row
        The cells of the header row.
    whole
        The columns of the sheet.
    """
    ranked = {name: _ranked(candidates, name, whole, header, role) for name, candidates in header.items()}

    @cache
    def issued() -> Array | None:
        return _issued(ranked, whole)

    def fits(candidate: Candidate, field: Field) -> bool:
        column = whole[candidate.column]
        follows = role == "invoices" and field.heading in ("Due Date", "Paid Date") and candidate.strength
        if (follows and not _near(column, issued)) or (field.heading == "Customer ID" and _is_of_many(candidate, header["customer"], whole)):
            return False
        return _fits(column, candidate, field, role)

    found = [Choice(*each) for each in chosen(ranked, fits, role)]
    return _with_tax(found, ranked, row, whole) if role == "invoices" else found


def is_read(choice: Choice, column: Cells, header: Header, role: Role) -> bool:
    """Whether a column is read although it holds something else than its heading says: where the sheet is useless without it, cell by cell."""
    field = FIELDS[role][choice.field]
    if choice.fits or column.blank.all():
        return True
    if field.kind == "id":
        return not _numbers_rows(choice.candidate, choice.field, role)
    numbers = not column.mixed and column.array.dtype == float
    return field.kind not in ("date", "money") or field.required or (choice.field == "due" and not ("terms" in header and numbers))


# ── amounts ──────────────────────────────────────────────────────────────────


def _ranked(candidates: Sequence[Candidate], field: str, whole: Sequence[Cells], header: Header, role: Role) -> Sequence[Candidate]:
    """The candidates of an amount: the user's own first, then what is applied, in base currency, with tax; one without tax last.

    One that is hardly filled, or 0, where another is not comes behind that.
    """
    if field not in ("amount", "remaining") or len(candidates) < 2:
        return candidates
    filled = {candidate: _filled(whole[candidate.column], field) for candidate in candidates}
    enough = _NEARLY_ALL * max(filled.values())
    both_in_base = all(any(says_base(candidate.heading) for candidate in header.get(name, ())) for name in ("amount", "remaining") if name in header)

    def rank(candidate: Candidate) -> tuple[object, ...]:
        heading = fold(candidate.heading)
        applied = role == "payments" and "appl" in heading
        base = both_in_base and says_base(candidate.heading)
        with_tax, without = (role == "invoices" and bool(pattern.search(heading)) for pattern in (_WITH_TAX, _WITHOUT_TAX))
        return candidate.strength != 0, filled[candidate] < enough, not applied, not base, not with_tax, without, candidate.strength, candidate.column

    return sorted(candidates, key=rank)


def _filled(column: Cells, field: str) -> int:
    """How many cells hold an amount; an amount of 0 is none, what remains may be 0."""
    read = amounts(column)
    return int((read.present & ((read.hundredths != 0) | (field == "remaining"))).sum())


def _with_tax(found: list[Choice], header: Header, row: Sequence[Value], whole: Sequence[Cells]) -> list[Choice]:
    """The choice, with the amount of an invoice that is another column of the sheet less tax and the like replaced by that one."""
    at = next((at for at, choice in enumerate(found) if choice.field == "amount" and choice.candidate.strength), None)
    if at is None or says_base(found[at].candidate.heading) or not (sums := _sums_beside(row, whole)):
        return found
    net = amounts(whole[found[at].candidate.column])
    for candidate in header["amount"]:
        gross = amounts(whole[candidate.column])
        if any(_adds_up(net, each, gross) for each in sums):
            return [*found[:at], replace(found[at], candidate=candidate, fits=True), *found[at + 1 :]]
    return found


def _sums_beside(row: Sequence[Value], whole: Sequence[Cells]) -> list[Array]:
    """What may make a gross amount of a net one: each tax, all of them, with shipping, less discounts. Hundredths."""
    named = {column: fold(cell) for column, cell in enumerate(row) if isinstance(cell, str) and column < len(whole)}
    taxes, added, taken_off = (
        [amounts(whole[column]).hundredths for column, heading in named.items() if pattern.fullmatch(heading)]
        for pattern in (_TAX, _ADDED, _TAKEN_OFF)
    )
    less = [-np.abs(each) for each in taken_off]
    together = [taxes, added, less, [*taxes, *added], [*taxes, *less], [*added, *less], [*taxes, *added, *less]]
    return [*taxes, *(np.sum(each, axis=0) for each in together if each)]


def _adds_up(net: Amounts, more: Array, gross: Amounts) -> bool:
    """Whether one column is the sum of two others, in nearly all rows, and not just because the second is 0."""
    changed = net.present & (more != 0)
    right = gross.present & (np.abs(net.hundredths + more - gross.hundredths) <= 1)
    return bool(changed.any() and right[net.present].mean() >= _NEARLY_ALL and right[changed].mean() >= _NEARLY_ALL)


def with_unapplied(header: Header, columns: Mapping[str, int], whole: Sequence[Cells]) -> Cells | None:
    """The amounts of payments by what is applied of each and, where nothing is, the payment itself: it stands on account. None without a choice."""
    chosen_one = next((candidate for candidate in header.get("amount", ()) if candidate.column == columns.get("amount")), None)
    others = [candidate for candidate in header.get("amount", ()) if "appl" not in fold(candidate.heading)]
    if chosen_one is None or "appl" not in fold(chosen_one.heading) or not others:
        return None
    applied, payment = whole[chosen_one.column], whole[others[0].column]
    read = amounts(applied)
    nothing = applied.blank | (read.present & (read.hundredths == 0))
    return Cells(objects([payment[at] if none else applied[at] for at, none in enumerate(nothing.tolist())])) if nothing.any() else None


# ── whether a column holds what its heading says ─────────────────────────────


def _fits(column: Cells, candidate: Candidate, field: Field, role: Role) -> bool:
    """Whether a column is not empty and its cells mostly hold what its field should."""
    filled = np.flatnonzero(~column.blank)
    if not len(filled):
        return False
    if field.kind == "id":
        return _names_someone(column.texts, candidate, field, role)
    sample = Cells(column.array[filled[np.linspace(0, len(filled) - 1, min(len(filled), _SAMPLE)).astype(int)]])
    if field.kind == "date":
        stated = ~says_open(sample)
        return bool((dates(sample).bad & stated).sum() < 0.5 * max(stated.sum(), 1))
    if field.kind == "money":
        return bool(amounts(sample).bad.mean() < 0.5)
    return field.heading != "Status" or any(state_of(word, of_payment=role == "payments") for word in column.texts.distinct)


def _names_someone(ids: Texts, candidate: Candidate, field: Field, role: Role) -> bool:
    """Whether a column can be one of ids.

    "Account" may also hold the general ledger's account of receivables, the same in every row; "ID" on a sheet of documents their own.
    """
    may_be_one = candidate.strength and fold(candidate.heading).startswith(("account", "konto"))
    may_be_rows = field.heading == "Customer ID" and _numbers_rows(candidate, "customer", role)
    there = ids.where(~ids.among("")) if may_be_one or may_be_rows else ids
    if any(_LEDGER_ACCOUNT.search(text) for text in there.distinct[there.codes[:_FEW]]):
        return False
    different = np.count_nonzero(np.bincount(there.codes)) if may_be_one or may_be_rows else 0
    return len(there) < _FEW or not ((may_be_one and different == 1) or (may_be_rows and different == len(there)))


def _is_of_many(candidate: Candidate, others: Sequence[Candidate], whole: Sequence[Cells]) -> bool:
    """Whether a column that may be the ledger's accounts or one's own companies has two names of customers or more for each of its values."""
    if not candidate.strength or fold(candidate.heading) not in _MAY_BE_OUR_OWN:
        return False
    codes = whole[candidate.column].texts.codes
    names = [whole[other.column].texts for other in others if "name" in fold(other.heading) and "contact" not in fold(other.heading)]
    for name in names:
        pairs = np.unique(np.stack([codes, name.codes], axis=1)[~name.among("")], axis=0)
        if len(np.unique(pairs[:, 1])) >= _SEVERAL and len(pairs) >= 2 * len(np.unique(pairs[:, 0])):
            return True
    return False


def _numbers_rows(candidate: Candidate, field: str, role: Role) -> bool:
    """Whether a column may number the rows of a sheet of documents, or be the customers'."""
    return field == "customer" and role != "customers" and fold(candidate.heading) == "id" and candidate.strength != 0


def _issued(header: Header, whole: Sequence[Cells]) -> Array | None:
    candidates = header.get("date", ())
    return dates(whole[candidates[0].column]).days if candidates else None


def _near(column: Cells, issued: Callable[[], Array | None]) -> bool:
    """Whether numbers can be dates that follow those of the documents: "Paid" and "Due" may also hold amounts."""
    if column.mixed or column.array.dtype != float or (days_issued := issued()) is None:
        return True
    numbers = column.array[np.isfinite(column.array)]
    if len(numbers) and (numbers % 1 != 0).mean() > 0.5:
        return False
    apart = dates(column).days - days_issued
    days = apart[~np.isnat(apart)].astype("timedelta64[D]").astype(float)
    return not len(days) or bool(abs(np.median(days)) < _YEARS_APART)


# ── what several columns say of a document's state ───────────────────────────


def states_told(header: Header, columns: Mapping[str, int], whole: Sequence[Cells], role: Role) -> Cells | None:
    """The state of each row where several columns tell it, or one by Yes and No: as the first says that says anything of its balance; else None.

    What is called Status comes first, then what the payments are said to be, then whether it is approved. A column Paid of invoices that holds Yes
    and No is one of them.
    """
    taken = {column for name, column in columns.items() if name != "status"}
    telling = [candidate for candidate in header.get("status", ()) if candidate.column not in taken]
    if role == "invoices" and "paid" not in columns:
        telling += [candidate for candidate in header.get("paid", ()) if fold(candidate.heading) == "paid" and holds_answers(whole[candidate.column])]
    if not telling or (len(telling) == 1 and fold(telling[0].heading) not in _ANSWERS):
        return None
    telling.sort(key=lambda candidate: _PRECEDENCE.get(fold(candidate.heading), 0))
    words = np.full(len(whole[telling[0].column]), "", dtype=object)
    open_ = np.ones(len(words), dtype=bool)
    for candidate in telling:
        heading = fold(candidate.heading)
        column = _as_states(whole[candidate.column].texts, heading)
        allowed = _SAYS_ONLY.get(heading) if len(telling) > 1 and not (heading == "orderstatus" and role == "orders") else None
        says = column.spread([_tells(word, role, allowed) for word in column.distinct], bool)
        words = np.where(open_ & (says | ((words == "") & (allowed is None))), column.array, words)
        open_ &= ~says
    return Cells(objects(words.tolist()))


def holds_answers(column: Cells) -> bool:
    """Whether a column holds nothing but Yes and No."""
    words = {text.casefold().removesuffix(".0") for text in column.texts.distinct[np.unique(column.texts.codes)].tolist()} - {""}
    return bool(words) and words <= YES | NO


def _as_states(words: Texts, heading: str) -> Texts:
    """The words of a column, its answers as the states that they mean."""
    if heading not in _ANSWERS:
        return words
    yes, no = _ANSWERS[heading]
    meaning = dict.fromkeys(YES, yes) | dict.fromkeys(NO, no)
    return words.mapped(lambda word: meaning.get(word.casefold().removesuffix(".0"), word))


def _tells(word: str, role: Role, allowed: Sequence[str] | None) -> bool:
    state = state_of(word, of_payment=role == "payments") if word else None
    return bool(state) and (allowed is None or state in allowed)
