"""Which document a number on another sheet means: that of a payment, or of a reminder."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np

from xlseg.intake.cells import Texts, objects

_PREFIXED = re.compile(r"^(?:invoice|inv|bill|credit memo|rechnung)\s*(?:(?:no|nr)\b\.?\s*)?(?:[#:.]\s*)?(\S+)$", re.IGNORECASE)


def meant(stated: Texts, customer: Texts, owners: Mapping[str, str], shared: Mapping[str, Mapping[str, str]]) -> Texts:
    """The documents that the numbers of another sheet mean: `owners` has those of the invoices, `shared` the numbers of several customers."""
    known = of_customer(_known(stated, {*owners, *shared}), customer, shared)
    return _respelled(known, customer, owners)


def _known(document: Texts, numbers: Collection[str]) -> Texts:
    """Document numbers as the invoices have them: "Invoice #INV123" is INV123."""

    def bare(text: str) -> str:
        match = None if not text or text in numbers else _PREFIXED.match(text)
        return match[1] if match and match[1] in numbers else text

    return document.mapped(bare)


def _respelled(document: Texts, customer: Texts, owners: Mapping[str, str]) -> Texts:
    """Numbers that are those of the row's customer but for case, zeros in front or a ".0" behind, where just one of his is alike."""
    strange = document.spread([text != "" and text not in owners for text in document.distinct], bool) & ~customer.among("")
    if not strange.any():
        return document
    alike: dict[tuple[str, str], set[str]] = {}
    for number, owner in owners.items():
        alike.setdefault((owner, _bare(number)), set()).add(number)
    found = document.array.copy()
    for row in np.flatnonzero(strange).tolist():
        numbers = alike.get((customer.array[row], _bare(found[row])), set())
        found[row] = next(iter(numbers)) if len(numbers) == 1 else found[row]
    return Texts.of(found)


def _bare(number: str) -> str:
    return number.casefold().removesuffix(".0").lstrip("0")


def of_customer(numbers: Texts, customer: Texts, shared: Mapping[str, Mapping[str, str]]) -> Texts:
    """Numbers that several customers share, each as the document of its row's customer; one whose customer has no such document stays."""
    where = numbers.among(*shared)
    if not where.any():
        return numbers
    found = numbers.array.copy()
    found[where] = objects([shared[number].get(name, number) for number, name in zip(found[where], customer.array[where], strict=True)])
    return Texts.of(found)
