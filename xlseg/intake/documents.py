"""What invoices, payments and orders have in common: totals, amounts, dates, customers, currencies, duplicates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pandas as pd

from xlseg.intake.cells import Texts
from xlseg.intake.currency import contradicted, stated_rates
from xlseg.intake.dates import Dates, dates, decided_order, half_converted, year_first
from xlseg.intake.fields import FIELDS
from xlseg.intake.headings import fold
from xlseg.intake.money import LIMIT, Amounts, amounts
from xlseg.intake.money import half_converted as half_converted_amounts
from xlseg.intake.rows import Extract, Reckoning
from xlseg.intake.words import kind_of, state_of
from xlseg.tables import Severity
from xlseg.workbook import Array

_TOTAL = re.compile(
    r"^[*\s]*((grand|overall|sub|report|final|running)[- ]?)?"
    r"(total|sum|summe|ergebnis|gesamt|gesamtsumme|gesamtergebnis|zwischensumme|endsumme|saldo)s?\b",
    re.IGNORECASE,
)
_SUBTOTAL = re.compile(r"\S (?:total|ergebnis|summe|gesamt)$", re.IGNORECASE)
"""As Excel labels the lines that its Subtotal puts below the rows of a customer: "C1 Total"."""
_NOT_A_DATE = "a date"
BEYOND = LIMIT * 100
"""Hundredths from which on an amount is a defect."""
_WORDS = 20
"""Unknown words of a column that are listed one by one."""
_BASE = ("lcy", "localcurrency", "inlc", "hauswaehrung", "basecurrency", "localamount", "homecurrency", "accountingcurrency", "companycurrency")
FOREIGN = ("foreigncurrency", "transactioncurrency", "doccurr", "documentcurrency", "belegwaehrung", "infx")


@dataclass(frozen=True)
class Dating:
    """How the dates of a source are read: its date system, and the user's word on the order of day and month."""

    epoch_1904: bool = False
    day_first: bool | None = None


def leave_out_totals(reckoning: Reckoning) -> None:
    """Rows that add up others: labelled Total, Sum, Ergebnis …; the sum of rows above without anything else; a customer's sum without document."""
    extract = reckoning.extract
    label = _labels(reckoning)
    bare = _customers_sums(extract)
    nameless = ~extract.column("amount").blank
    for field in ("document", "customer", "payment", "date"):
        nameless &= extract.column(field).blank
    nameless &= (label == "") & ~bare
    if nameless.any():
        nameless &= _are_sums(amounts(extract.column("amount")).hundredths, nameless, ~nameless & (label == "") & ~bare)
    effect = "not part of the sums"
    reckoning.exclude((label != "") | nameless | bare, "total row", "amount", "rows of single documents", effect, severity="info", found=label)


def _are_sums(hundredths: Array, rows: Array, documents: Array) -> bool:
    """Whether all of some rows hold the sum of the documents above them, or of those since an earlier row that is no document."""
    above = np.cumsum(np.where(documents, hundredths, 0))
    begins = {0}
    for row in np.flatnonzero(~documents).tolist():
        if rows[row] and int(above[row] - hundredths[row]) not in begins:
            return False
        begins.add(int(above[row]))
    return True


def _customers_sums(extract: Extract) -> Array:
    """Rows of a customer and an amount alone, which is the sum of his other rows: what SAP marks with an asterisk."""
    kinds = FIELDS[extract.role]
    alone = ~extract.texts("customer").among("")
    for name, column in extract.columns.items():
        if name in ("document", "payment") or kinds[name].kind == "date":
            alone &= column.blank
    if not alone.any():
        return np.zeros(len(alone), dtype=bool)
    hundredths = pd.Series(amounts(extract.column("amount")).hundredths)
    others = hundredths.where(~alone, 0).groupby(extract.texts("customer").codes).transform("sum").to_numpy()
    return np.array(alone & (hundredths.to_numpy() == others) & ~extract.column("amount").blank)


def _labels(reckoning: Reckoning) -> Array:
    """What a row calls itself when that is a total; "" for a row with a date, and for one with both a document and a customer."""
    extract = reckoning.extract
    date = extract.column("date")
    dateless = (
        date.texts.spread([not text or bool(_TOTAL.match(text) or _SUBTOTAL.search(text)) for text in date.texts.distinct], bool)
        if date.mixed
        else date.blank
    )
    label = np.full(len(date), "", dtype=object)
    if dateless.any():
        document, customer = extract.texts("document").array, extract.texts("customer").array
        texts = [column.texts.array for column in extract.columns.values() if column.mixed]
        for i in np.flatnonzero(dateless).tolist():
            named = document[i] and customer[i] and not _TOTAL.match(document[i]) and not _TOTAL.fullmatch(customer[i])
            label[i] = "" if named else next((text[i] for text in texts if _TOTAL.match(text[i]) or _SUBTOTAL.search(text[i])), "")
    return label


def is_total(text: str) -> bool:
    """Whether a text is nothing but a word for a total."""
    return bool(_TOTAL.fullmatch(text))


def read_amounts(reckoning: Reckoning) -> None:
    """Amounts in hundredths, not yet converted; rows without one are left out."""
    column = reckoning.extract.column("amount")
    read = amounts(column)
    reckoning.amount = np.where(reckoning.used, read.hundredths, 0)
    reckoning.exclude(column.errors, "error value", "amount", "an amount")
    reckoning.exclude(read.bad, "unreadable amount", "amount", "an amount such as 1234.50, below 100,000,000,000")
    reckoning.exclude(~read.present, "no amount", "amount", "an amount")
    other = contradicted(reckoning.extract)
    reckoning.exclude(other, "two currencies", "amount", "the currency that the Currency column says")
    remark_unsure(reckoning, read, "amount")
    wanted = "all true numbers, or all texts"
    effect = "{n} numbers are whole, and the texts beside them have a decimal comma: a program has probably read 234,56 as 23456; export again"
    reckoning.note(half_converted_amounts(column), "amounts half converted", "warning", "amount", wanted, effect)


def remark_unsure(reckoning: Reckoning, read: Amounts, field: str) -> None:
    """A remark on a column of texts such as 1,234 that no cell explains."""
    effect = "{n} cells like it are read as thousands (1,234 is 1234): no cell of the column tells what the separator means"
    reckoning.note(read.unsure, "ambiguous amounts", "warning", field, "amounts with decimals, or true numbers", effect)


def read_dates(reckoning: Reckoning, field: str, dating: Dating) -> Dates:
    """Dates of a field, with a remark on the column where the order of day and month is not plain. No row is left out here."""
    hint = _order_beside(reckoning, field, dating)
    read = dates(reckoning.extract.column(field), epoch_1904=dating.epoch_1904, day_first=dating.day_first, hint=hint)
    for i in np.flatnonzero(read.unsure & reckoning.used)[:1]:
        order = _order_used(reckoning.extract.column(field)[int(i)], read.days[i])
        why = f"is read {order}" + (", like the other dates of the sheet" if hint is not None else "")
        effect = f"{{n}} dates like it could be read both ways; this one {why}: set Day order on the Config sheet if that is wrong"
        severity: Severity = "warning" if hint is None else "info"
        reckoning.note(read.unsure, "ambiguous dates", severity, field, "true dates, or a day above 12 in the column", effect)
    if reckoning.extract.column(field).mixed:
        effect = "{n} dates like it seem to begin with the year and are read with the day in front: write years with four digits"
        reckoning.note(year_first(reckoning.extract.column(field)), "dates with the year in front", "error", field, "years of four digits", effect)
    swapped = half_converted(reckoning.extract.column(field), dating.epoch_1904)
    effect = "{n} true dates have days up to 12, and the texts beside them days above: a program has probably swapped day and month; export again"
    reckoning.note(swapped, "dates half converted", "warning", field, "all true dates, or all texts", effect)
    return read


def _order_beside(reckoning: Reckoning, field: str, dating: Dating) -> bool | None:
    """The order of day and month in the sheet's other columns of dates, when those that tell agree."""
    extract = reckoning.extract
    kinds = FIELDS[extract.role]
    others = [column for name, column in extract.columns.items() if kinds[name].kind == "date" and name != field and column.mixed]
    orders = {decided_order(column, dating.epoch_1904) for column in others} - {None}
    return orders.pop() if len(orders) == 1 else None


def _order_used(cell: object, day: np.datetime64) -> str:
    first = re.match(r"\d+", str(cell).strip())
    return "day first" if first and int(first[0]) == pd.Timestamp(day).day else "month first"


def require_dates(reckoning: Reckoning, field: str, read: Dates) -> None:
    """Leave out rows whose date is absent or unreadable."""
    reckoning.exclude(reckoning.extract.column(field).errors, "error value", field, _NOT_A_DATE)
    reckoning.exclude(read.bad, "unreadable date", field, _NOT_A_DATE)
    reckoning.exclude(
        read.torn, "contradictory dates", field, "one order of day and month in a column", "row left out: set Day order on the Config sheet"
    )
    reckoning.exclude(read.beyond, "date out of range", field, "a date from 1950 to 2099")
    reckoning.exclude(np.isnat(read.days), "no date", field, _NOT_A_DATE)


def require_customers(reckoning: Reckoning) -> Texts:
    """Customer ids; rows without one are left out."""
    column = reckoning.extract.column("customer")
    customers = reckoning.extract.texts("customer")
    reckoning.exclude(column.errors, "error value", "customer", "a customer id")
    reckoning.exclude(customers.among(""), "no customer", "customer", "a customer id")
    return customers


def leave_out_copies(reckoning: Reckoning) -> None:
    """Rows that are equal to an earlier one in every cell: exported twice."""
    copy_of = reckoning.extract.copy_of
    found = np.full(len(copy_of), None, dtype=object)
    found[copy_of > 0] = [f"same as row {row}" for row in copy_of[copy_of > 0].tolist()]
    reckoning.exclude(copy_of > 0, "row exported twice", "", "each row once", found=found)


def states(reckoning: Reckoning) -> Texts:
    """State of each row by its status ("" = not stated or not known); voided rows are left out."""
    of_payment = reckoning.extract.role == "payments"
    result = reckoning.extract.texts("status").mapped(lambda word: state_of(word, of_payment=of_payment) or "")
    reckoning.exclude(result.among("void"), "voided", "status", "a document that stands", "left out, as it should be", severity="info")
    return result


def posted_states(reckoning: Reckoning) -> Texts:
    """`states`, with drafts left out and a remark on each status that is not known."""
    state = states(reckoning)
    reckoning.exclude(state.among("draft"), "not posted", "status", "a posted document", "left out, as it should be", severity="info")
    _unknown_states(reckoning)
    return state


def _unknown_states(reckoning: Reckoning) -> None:
    """A remark on each status that is not known."""
    column, of_payment = reckoning.extract.texts("status"), reckoning.extract.role == "payments"
    for where in _by_word(column, {word for word in column.distinct if word and state_of(word, of_payment=of_payment) is None}):
        effect = "{n} rows are read as if they had no status"
        reckoning.note(where, "unknown status", "warning", "status", "Open, Paid In Full, Voided or the like", effect)


def _by_word(column: Texts, words: set[str]) -> list[Array]:
    """Where each word stands in a column; where many, all but the first together: a column of remarks is no column of states."""
    listed = sorted(words)[:_WORDS]
    masks = [column.among(word) for word in listed]
    return [*masks, column.among(*words.difference(listed))] if len(words) > _WORDS else masks


def kinds(reckoning: Reckoning) -> Texts:
    """Kind of each row by its type ("" = not stated or not known)."""
    column, of_payments = reckoning.extract.texts("type"), reckoning.extract.role == "payments"
    for where in _by_word(column, {word for word in column.distinct if word and kind_of(word, of_payments=of_payments) is None}):
        effect = "{n} rows read by the sign of their amount"
        reckoning.note(where, "unknown type", "warning", "type", "Invoice, Credit Memo, Payment or the like", effect)
    return column.mapped(lambda word: kind_of(word, of_payments=of_payments) or "" if word else "")


def turn_credits(reckoning: Reckoning, credit: Array) -> Array:
    """Amounts of credits below 0, however the export writes them; returns where the sign was turned."""
    turned = credit & (reckoning.amount > 0) & reckoning.used
    reckoning.note(turned, "credits without minus", "info", "amount", "credits below 0", "{n} credits are counted below 0")
    reckoning.amount = np.where(turned, -reckoning.amount, reckoning.amount)
    return turned


# ── currency ─────────────────────────────────────────────────────────────────


def rates(reckoning: Reckoning, base: str, but: Array | None = None) -> Array:
    """FX rate of each row as text of a decimal number: "" = the amount is in base currency.

    Rows without a rate are left out, except those of the mask `but`, whose rate comes from elsewhere.
    """
    extract = reckoning.extract
    stated_foreign = foreign_rows(extract, base)
    foreign = stated_foreign & (~but if but is not None else True)
    result = np.full(len(foreign), "", dtype=object)
    if "amount" in extract.in_base:
        return result
    rate = stated_rates(extract) if extract.has("rate") and base else None
    if rate is not None and stated_foreign.any():  # else what is called Rate may be a price
        one = rate.spread([bool(word) and float(word) == 1 for word in rate.distinct], bool)
        _doubt_base(reckoning, base, foreign & one, extract.texts("currency").mapped(str.upper).among(base) & ~one & ~rate.among(""))
    if not foreign.any():
        return result
    needed = foreign & reckoning.used
    result[needed] = rate.array[needed] if rate is not None else ""
    stated = extract.texts("currency").array
    reckoning.exclude(foreign & (result == ""), "foreign currency without rate", "currency", f"{base}, or an FX Rate to it", found=stated)
    effect = (
        f"{{n}} amounts are multiplied by their rate to {base}; if the column is in {base} already, as NetSuite's Amount is, call it Amount (LCY)"
    )
    reckoning.note(result != "", "converted to the base currency", "info", "amount", "amounts in the currency of their row", effect)
    return result


def _doubt_base(reckoning: Reckoning, base: str, foreign_at_one: Array, base_at_others: Array) -> None:
    """Remarks on rates that look as if another currency were the base."""
    wanted, advice = f"rates to {base}, which are 1 for {base} alone", "set Base currency on the Config sheet if that is wrong"
    effect = f"{{n}} amounts in {base} state another rate than 1, which is not used: {advice}"
    reckoning.note(base_at_others, "rate of the base currency", "warning", "rate", wanted, effect)
    effect = f"{{n}} amounts in another currency than {base} are converted at the rate 1: {advice}"
    reckoning.note(foreign_at_one, "foreign currency at rate 1", "warning", "rate", wanted, effect)


def foreign_rows(extract: Extract, base: str) -> Array:
    """Rows that state a currency other than the base."""
    return ~extract.texts("currency").mapped(str.upper).among("", base) & bool(base)


def says_foreign(heading: str) -> bool:
    """Whether a heading of amounts says that they are in the document's currency."""
    return any(word in fold(heading) for word in FOREIGN)


def says_base(heading: str) -> bool:
    """Whether it says that they are in the company's own currency."""
    return any(word in fold(heading) for word in _BASE)


def converted(hundredths: Array, rate: Array) -> Array:
    """Hundredths times rate, half to even, at most `BEYOND`; where the rate is "" as they are."""
    result = hundredths.copy()
    for i in np.flatnonzero(rate != "").tolist():
        result[i] = max(-BEYOND, min(_times(int(hundredths[i]), rate[i]), BEYOND))
    return result


def converted_in_turn(hundredths: Array, rate: Array, group: Array, order: Array) -> Array:
    """Hundredths times rate, so rounded that those of a group add up to their sum times rate: instalments settle what they are paid for.

    Rows of a group are taken by rising `order`; where the rate is "" amounts stay as they are. A group has one rate.
    """
    result = hundredths.copy()
    rows = np.flatnonzero(rate != "")
    before: dict[int, int] = {}
    for i in rows[np.lexsort((rows, order[rows]))].tolist():
        paid = before.get(int(group[i]), 0)
        before[int(group[i])] = paid + int(hundredths[i])
        share = _times(paid + int(hundredths[i]), rate[i]) - _times(paid, rate[i])
        result[i] = max(-BEYOND, min(share, BEYOND))
    return result


def _times(hundredths: int, rate: str) -> int:
    return int((Decimal(hundredths) * Decimal(rate)).to_integral_value(ROUND_HALF_EVEN))


def leave_out_beyond(reckoning: Reckoning) -> None:
    """Rows whose amount is none any more once it is converted."""
    beyond = np.abs(reckoning.amount) >= BEYOND
    reckoning.exclude(beyond, "amount out of range", "amount", f"an amount below {LIMIT:,} in base currency")


def frame(columns: Mapping[str, str], values: Mapping[str, Array | Texts], where: Array) -> pd.DataFrame:
    """A tidy frame of the rows of a mask, its columns typed as `xlseg.tables` says."""
    return pd.DataFrame({name: _typed(values[name], where, kind) for name, kind in columns.items()}, copy=False)


def _typed(values: Array | Texts, where: Array, kind: str) -> pd.Series:
    if not isinstance(values, Texts):
        return pd.Series(values if where.all() else values[where], dtype=kind)
    chosen = values.where(where)
    if 2 * len(chosen.distinct) > len(chosen):
        return pd.Series(chosen.array, dtype=kind)
    return pd.Series(pd.array(chosen.distinct, dtype="str").take(chosen.codes))
