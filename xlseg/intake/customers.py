"""The Customers sheet, and the customers that only the other sheets know."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from xlseg.intake import cells, documents
from xlseg.intake.cells import Cells, Texts
from xlseg.intake.findings import Findings
from xlseg.intake.money import amounts
from xlseg.intake.rows import Extract, Reckoning
from xlseg.tables import CUSTOMERS, Finding, Severity, Tally
from xlseg.workbook import Array

_HELD = ("all", "ship", "invoice", "payment")
"""What Business Central says of a customer's Blocked."""
_TEXTS = ("name", "terms", "currency", "category", "sales_rep", "country", "parent")


def read_customers(extract: Extract, findings: Findings) -> tuple[pd.DataFrame, Tally]:
    """Customers of a sheet, unique by id."""
    reckoning = Reckoning(extract, findings)
    customer = documents.require_customers(reckoning)
    total = customer.spread([documents.is_total(text) for text in customer.distinct], bool) & extract.texts("name").among("")
    reckoning.exclude(total, "total row", "customer", "rows of single customers", "no customer", severity="info")
    documents.leave_out_copies(reckoning)
    twice = np.zeros(len(customer), dtype=bool)
    twice[reckoning.used] = pd.Series(customer.codes[reckoning.used]).duplicated()
    reckoning.exclude(twice, "customer twice", "customer", "each customer once", "the first row is used, this one is left out")
    limit = amounts(extract.column("credit_limit"))
    reckoning.remark(limit.bad, "unreadable credit limit", "warning", "credit_limit", "an amount", "taken as not stated")
    values: dict[str, Array | Texts] = {name: extract.texts(name) for name in _TEXTS}
    for name in ("on_hold", "do_not_contact"):
        values[name], odd = cells.flags(extract.column(name), _HELD if name == "on_hold" else ())
        reckoning.remark(odd, "neither yes nor no", "warning", name, "Yes or No", "taken as No")
    values |= {"customer": customer, "credit_limit": np.where(limit.present, limit.hundredths / 100, np.nan), "row": extract.rows}
    frame = documents.frame(CUSTOMERS, values, reckoning.used)
    return frame, reckoning.tally(0)


def by_name(sheet: Extract, customers: pd.DataFrame, findings: Findings) -> Extract:
    """A sheet whose customers are ids: where a cell is no id on Customers but the name of just one there, or his id and name, it is his id.

    NetSuite writes "0017 Acme GmbH" where other exports write 0017. An id in other capitals, or with other spaces, is his as well.
    """
    known = set(customers["customer"])
    ids: dict[str, set[str]] = {}
    for customer, name in zip(customers["customer"], customers["name"], strict=True):
        if name:
            for spelled in (name, f"{customer} {name}"):
                ids.setdefault(spelled, set()).add(customer)
    told = {spelled: next(iter(of)) for spelled, of in ids.items() if len(of) == 1 and spelled not in known}
    stated = sheet.texts("customer")
    told |= _written_otherwise(stated, known, told)
    named = stated.among(*told)
    if not named.any():
        return sheet
    row, effect = int(sheet.rows[named][0]), f"{int(named.sum()):,} rows name the customer otherwise: his id is taken from Customers"
    findings.add(Finding("customer by name", "info", sheet.sheet, row, sheet.heading("customer"), stated.array[named][0], "a customer id", effect))
    column = sheet.column("customer").array.astype(object)
    column[named] = stated.spread([told.get(text) for text in stated.distinct])[named]
    return replace(sheet, columns={**sheet.columns, "customer": Cells(column)})


def _written_otherwise(stated: Texts, known: Collection[str], told: Collection[str]) -> dict[str, str]:
    """The texts that are an id of just one customer but for capitals, spaces and the way in which Unicode composes signs."""
    strange = [text for text in stated.distinct.tolist() if text and text not in known and text not in told]
    alike: dict[str, set[str]] = {}
    for customer in known if strange else ():
        alike.setdefault(_alike(customer), set()).add(customer)
    return {text: next(iter(ids)) for text in strange if len(ids := alike.get(_alike(text), set())) == 1}


def _alike(customer: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", customer).casefold().split())


def with_unlisted(customers: pd.DataFrame, sheets: Sequence[tuple[Extract, pd.DataFrame]], findings: Findings, *, listed: bool) -> pd.DataFrame:
    """Customers with those added that only occur in other sheets, in the order of their appearance.

    Parameters
    ----------
    customers
        The Customers sheet's.
    sheets
        The others, with the frame made of each.
    findings
        Where each addition is told.
    listed
        Whether there is a Customers sheet at all; without one nobody is missing from it.
    """
    known = dict.fromkeys(customers["customer"])
    unpadded = {name.lstrip("0"): name for name in known}
    added: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for sheet, frame in sheets:
        names = _names(sheet)
        first = frame.loc[~frame["customer"].duplicated(), ["customer", "row"]]
        for name, row in zip(first["customer"].tolist(), first["row"].tolist(), strict=True):
            if name not in known and name not in added:
                added[name] = names.get(name, "")
                if listed:
                    findings.add(_unlisted(sheet, row, name, unpadded.get(name.lstrip("0"))))
                elif near := spelled.get(_alike(name).lstrip("0")):
                    effect = "used as a customer of his own: give both one id if they are the same"
                    findings.add(Finding("customer written in two ways", "warning", sheet.sheet, row, sheet.heading("customer"), name, near, effect))
                else:
                    spelled[_alike(name).lstrip("0")] = name
    return pd.concat([customers, _bare(added)], ignore_index=True) if added else customers


def _unlisted(sheet: Extract, row: int, name: str, near: str | None) -> Finding:
    wanted = f"an id on Customers, such as {near!r}" if near else "an id on Customers"
    severity: Severity = "warning" if near else "info"  # zeros that a spreadsheet program has taken away make two customers of one
    return Finding("customer not listed", severity, sheet.sheet, row, sheet.heading("customer"), name, wanted, "used as a customer of his own")


def _names(sheet: Extract) -> dict[str, str]:
    """Customer → his name as a sheet of documents first states it."""
    customer, name = sheet.texts("customer"), sheet.texts("name")
    named = np.flatnonzero(~name.among(""))
    first = named[~pd.Series(customer.codes[named]).duplicated().to_numpy()]
    return dict(zip(customer.array[first], name.array[first], strict=True))


def _bare(names: Mapping[str, str]) -> pd.DataFrame:
    """Customers of whom only the id is known, and perhaps the name."""
    blank: dict[str, object] = {"str": "", "float64": np.nan, "bool": False, "int64": 0}
    values = {name: [blank[kind]] * len(names) for name, kind in CUSTOMERS.items()} | {"customer": list(names), "name": list(names.values())}
    return pd.DataFrame({name: pd.Series(values[name], dtype=kind) for name, kind in CUSTOMERS.items()})
