"""Which currency amounts are in: what the Currency column says, what is written with the amounts, and which one the book is kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from xlseg.intake.cells import Cells, Texts, objects, text_of
from xlseg.intake.fields import Role
from xlseg.intake.money import CODES, currency_in
from xlseg.intake.rows import Extract
from xlseg.workbook import Array

_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP")
_SYMBOLS: dict[str, tuple[str, ...]] = {
    "$": _DOLLARS, "US$": ("USD",), "CA$": ("CAD",), "C$": ("CAD",), "A$": ("AUD",), "AU$": ("AUD",), "NZ$": ("NZD",), "HK$": ("HKD",),
    "S$": ("SGD",), "NT$": ("TWD",), "R$": ("BRL",), "MX$": ("MXN",), "€": ("EUR",), "£": ("GBP", "EGP"), "¥": ("JPY", "CNY"), "₹": ("INR",),
    "RS": ("INR", "PKR"),
    "₽": ("RUB",), "₩": ("KRW",), "₺": ("TRY",), "₪": ("ILS",), "฿": ("THB",), "₫": ("VND",), "₴": ("UAH",), "₦": ("NGN",), "FR": ("CHF",),
    "KR": ("SEK", "NOK", "DKK", "ISK"), "ZŁ": ("PLN",), "KČ": ("CZK",), "FT": ("HUF",),
}  # fmt: skip
UNNAMED = "home currency"
"""What the base currency is called where it is the one that rows do not state."""
_ROLES: tuple[Role, ...] = ("invoices", "payments", "orders")


def meant(symbol: str) -> tuple[str, ...]:
    """The currencies that a code, a symbol or both ("$ … USD") may mean, the likeliest first; none for "" or what nobody knows."""
    bare = symbol.upper().rstrip(".")
    if bare in CODES:
        return (bare,)
    both = (code for code in CODES if bare.startswith(code) or bare.endswith(code))
    return _SYMBOLS.get(bare, ()) or tuple(code for code in both if code in _SYMBOLS.get(bare.replace(code, "", 1), ()))


def with_written(extracts: Mapping[Role, Extract], base: str) -> dict[Role, Extract]:
    """The sheets with the currency that is written with an amount ("EUR 500.00") where no Currency column says one.

    One symbol that may mean several, such as $, with every amount says nothing.
    """
    return {role: _with_written(extract, base) if role in _ROLES else extract for role, extract in extracts.items()}


def _with_written(extract: Extract, base: str) -> Extract:
    written = written_with(extract)
    symbols = {word for word in written.distinct[np.unique(written.codes)].tolist() if word} if written is not None else set()
    if written is None or not symbols or (len(symbols) == 1 and len(meant(next(iter(symbols)))) != 1):
        return extract
    stated = extract.texts("currency")
    said = written.mapped(lambda word: _likeliest(word, base))
    currency = np.where(stated.among(""), said.array, stated.array)
    return replace(extract, columns={**extract.columns, "currency": Cells(objects(currency.tolist()))})


def _likeliest(symbol: str, base: str) -> str:
    """One currency for a symbol; one that nobody knows is a currency of its own, not the base."""
    codes = meant(symbol)
    return base if base in codes else codes[0] if codes else symbol.upper()


def written_with(extract: Extract) -> Texts | None:
    """The code or symbol that is written with each amount, "" where none is; None where there can be none."""
    column = extract.column("amount")
    if not column.mixed or "amount" in extract.in_base:
        return None
    return Texts.of(column.spread([currency_in(cell) if isinstance(cell, str) else "" for cell in column.distinct]))


def contradicted(extract: Extract) -> Array:
    """Where the Currency column says the code of another currency than what is written with the amount."""
    written, stated = written_with(extract), extract.texts("currency").mapped(str.upper)
    none = np.zeros(len(extract.rows), dtype=bool)
    if written is None:
        return none
    codes = {word: meant(word) for word in written.distinct.tolist()}
    if not any(codes.values()):
        return none
    pairs = zip(written.array, stated.array, strict=True)
    return np.array([said in CODES and bool(codes[word]) and said not in codes[word] for word, said in pairs], bool)


def base_of(extracts: Mapping[Role, Extract]) -> str:
    """The currency that a book is kept in: the one that most invoices are in; where that one's rates are none of them 1, the only one whose are.

    Of invoices, else orders, else customers; "" when no currency is stated. Rows that state none are in it: where most do, or they alone have the
    rate 1, it is `UNNAMED`, unless those that state one all state the same and the next sheet does, too.
    """
    roles: tuple[Role, ...] = ("invoices", "orders", "customers")
    found = [told for role in roles if role in extracts and (told := _base_of(extracts[role]))]
    if not found:
        return _base_of_payments(extracts["payments"]) if "payments" in extracts else ""
    base, only = found[0]
    return base or (only if only and any(other == only for other, _ in found[1:]) else UNNAMED)


def _base_of(extract: Extract) -> tuple[str, str] | None:
    """The base currency by one sheet, "" when it is none that is stated, and the only one stated, if there is just one; None when none is."""
    column = extract.texts("currency").mapped(str.upper)
    documents = ~extract.column("date").blank & ~extract.column("amount").blank if extract.has("date") and extract.has("amount") else None
    counts = _counted(column if documents is None else column.where(documents))
    words = [word for word in counts if word]
    if not words:
        return None
    if "currency" not in extract.headings:
        counts.pop("", None)  # what is written with some amounts is no column that leaves out the home currency
    rates = _rates(extract) if len(counts) > 1 else {}
    commonest = min(counts, key=lambda word: (-counts[word], not word, word))
    at_one = [word for word, found in rates.items() if found == {1.0}]
    base = at_one[0] if len(at_one) == 1 and 1.0 not in rates.get(commonest, {1.0}) else commonest
    if not base and rates.get(words[0]) == {1.0} and len(words) == 1:
        base = words[0]  # those that state none have forgotten it
    return base, words[0] if len(words) == 1 and not rates else ""


def _base_of_payments(extract: Extract) -> str:
    """The base currency where payments alone state any: the one whose rates are 1, else the one that nobody names; "" where no rate is another."""
    rates = _rates(extract)
    if all(found == {1.0} for word, found in rates.items() if word):
        return ""
    at_one = [word for word, found in rates.items() if word and found == {1.0}]
    return at_one[0] if len(at_one) == 1 else UNNAMED


def stated_rates(extract: Extract) -> Texts:
    """The rate of each row as text of a decimal number above 0; "" where none is stated."""
    given = extract.column("rate")
    return Texts.of(given.spread([rate_of(text_of(cell)) for cell in given.distinct]))


def rate_of(text: str) -> str:
    """A rate as a decimal number above 0, or ""."""
    bare = text.replace(" ", "")
    if bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        return bare if 0 < float(bare) < 1e9 else ""
    except ValueError:
        return ""


def _rates(extract: Extract) -> dict[str, set[float]]:
    """The rates that each currency has."""
    stated = stated_rates(extract)
    rates: dict[str, set[float]] = {}
    for word, rate in {*zip(extract.texts("currency").mapped(str.upper).array.tolist(), stated.array.tolist(), strict=True)}:
        if rate:
            rates.setdefault(word, set()).add(float(rate))
    return rates


def _counted(words: Texts) -> dict[str, int]:
    """How many rows have each word, "" among them."""
    counts = np.bincount(words.codes, minlength=len(words.distinct)).tolist()
    return {word: count for word, count in zip(words.distinct, counts, strict=True) if count}
