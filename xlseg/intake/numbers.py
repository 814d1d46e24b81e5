"""Which document a number on another sheet means: that of a payment, or of a reminder."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping

from xlseg.intake.cells import Texts, objects

_PREFIXED = re.compile(r"^(?:invoice|inv|bill|credit memo|rechnung)\s*(?:(?:no|nr)\b\.?\s*)?(?:[#:.]\s*)?(\S+)$", re.IGNORECASE)


def meant(stated: Texts, customer: Texts, owners: Collection[str], shared: Mapping[str, Mapping[str, str]]) -> Texts:
    """The documents that the numbers of another sheet mean: `owners` are those of the invoices, `shared` the numbers of several customers."""
    return of_customer(_known(stated, {*owners, *shared}), customer, shared)


def _known(document: Texts, numbers: Container[str]) -> Texts:
    """Document numbers as the invoices have them: "Invoice #INV123" is INV123."""

    def bare(text: str) -> str:
        match = None if not text or text in numbers else _PREFIXED.match(text)
        return match[1] if match and match[1] in numbers else text

    return document.mapped(bare)


def of_customer(numbers: Texts, customer: Texts, shared: Mapping[str, Mapping[str, str]]) -> Texts:
    """Numbers that several customers share, each as the document of its row's customer; one whose customer has no such document stays."""
    where = numbers.among(*shared)
    if not where.any():
        return numbers
    found = numbers.array.copy()
    found[where] = objects([shared[number].get(name, number) for number, name in zip(found[where], customer.array[where], strict=True)])
    return Texts.of(found)
