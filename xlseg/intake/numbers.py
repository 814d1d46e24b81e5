"""Which document a number on another sheet means: that of a payment, or of a reminder."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from xlseg.intake.cells import Texts, objects

_PREFIXED = re.compile(r"^(?:invoice|inv|bill|credit memo|rechnung)\s*(?:(?:no|nr)\b\.?\s*)?(?:[#:.]\s*)?(\S+)$", re.IGNORECASE)


def meant(stated: Texts, customer: Texts, owners: Collection[str], shared: Mapping[str, Mapping[str, str]]) -> Texts:
    """The documents that the numbers of another sheet mean: `owners` are those of the invoices, `shared` the numbers of several customers."""
    return of_customer(_known(stated, {*owners, *shared}), customer, shared)


def _known(document: Texts, numbers: Collection[str]) -> Texts:
    """Document numbers as the invoices have them: "Invoice #INV123" is INV123, and so is inv123 where no other is written alike."""
    alike: dict[str, str | None] = {}
    if any(text and text not in numbers for text in document.distinct):
        for number in numbers:
            alike[_alike(number)] = None if _alike(number) in alike else number

    def bare(text: str) -> str:
        if not text or text in numbers:
            return text
        match = _PREFIXED.match(text)
        return match[1] if match and match[1] in numbers else alike.get(_alike(text)) or text

    return document.mapped(bare)


def _alike(number: str) -> str:
    """A number without what programs change: case, zeros in front, and the ".0" of one that was held as a decimal."""
    return number.casefold().removesuffix(".0").lstrip("0")


def of_customer(numbers: Texts, customer: Texts, shared: Mapping[str, Mapping[str, str]]) -> Texts:
    """Numbers that several customers share, each as the document of its row's customer; one whose customer has no such document stays."""
    where = numbers.among(*shared)
    if not where.any():
        return numbers
    found = numbers.array.copy()
    found[where] = objects([shared[number].get(name, number) for number, name in zip(found[where], customer.array[where], strict=True)])
    return Texts.of(found)
