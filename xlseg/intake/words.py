"""What the words of an export mean: states, kinds of documents, payment terms."""

from __future__ import annotations

import re
from typing import Literal

from xlseg.intake.headings import fold

State = Literal["", "open", "closed", "credited", "disputed", "void", "draft"]
Kind = Literal["invoice", "credit", "refund", "payment", "reversal", "none"]

_STATES: dict[State, str] = {
    "open": """open unpaid notpaid overdue pastdue due outstanding partiallypaid partlypaid partpaid partial partiallyapplied pendingpayment
        awaitingpayment authorised authorized offen unbezahlt teilbezahlt teilweisebezahlt ueberfaellig faellig""",
    "closed": """closed paid paidinfull fullypaid settled cleared fullyapplied bezahlt ausgeglichen erledigt geschlossen abgeschlossen""",
    "credited": """credited fullycredited closedbycredit closedcredited creditapplied refunded writtenoff writeoff closedwrittenoff baddebt
        gutgeschrieben ausgebucht abgeschrieben""",
    "disputed": "disputed indispute dispute strittig klaerungsfall",
    "void": "void voided cancelled canceled deleted rejected reversed storniert storno annulliert geloescht abgelehnt",
    "draft": "draft awaitingapproval pendingapproval pendingsupervisorapproval submitted notapproved entwurf",
    "": "approved posted sent viewed issued active new confirmed released gebucht",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("reversal", r"reversal|reversed|bounced|chargeback|returnedpayment|nsf|rueckbuchung|ruecklastschrift"),
    ("none", r"quote|quotation|estimate|proforma|opportunity|angebot|kostenvoranschlag"),
    ("refund", r"refund|erstattung"),
    ("invoice", r"(?:payment|deposit|zahlungs)(?:invoice|rechnung)$"),
    ("payment", r"creditcard|debitcard|directdebit|transfer|wire|^ach$|^eft$|sepa|check|cheque|^cash$|ueberweisung|lastschrift"),
    (
        "credit",
        r"credit(?!sale|or)|gutschrift|return(?!able)|^rma$|^cm$|^cn$|^dg$|^kg$|writ(?:e|ten)?(?:off|down)|ausbuchung|baddebt|discount|skonto",
    ),
    ("invoice", r"salesreceipt|cashsale"),
    ("payment", r"payment|receipt|zahlung|deposit|^dz$|^kz$|^pymt$|^pmt$|prepay"),
    ("invoice", r"invoice|invc|bill|rechnung|order|sale|debit|charge|^rv$|^dr$|^re$|^kr$|^rn$|^inv$|accrec|accpay|standard|auftrag"),
)

_ASIDE = re.compile(r"\([^()]*\)")

_NET = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bnet(?:to)?\s*(\d{1,3})\b",
        r"\bnt\s*(\d{1,3})\b",
        r"\bn\s*[/-]?\s*(\d{1,3})\b",
        r"\b(\d{1,3})\s*(?:days?|tagen?|d|t)\b",
        r"^(\d{1,3})$",
    )
)
_LONGEST = 200
_AT_ONCE = re.compile(r"receipt|immediate|sofort|prepay|prepaid|advance|vorkasse|\bcod\b|\bcia\b|cash|due now|\bpay now\b|upfront")
_MONTH_END = re.compile(r"\beom\b|end of|month|monat|ultimo|proximo|\bprox\b|instal|raten")


def state_of(status: str) -> State | None:
    """What a status says of a document, "" when nothing about its balance, None when the word is not known.

    "Invoice : Paid In Full" is about "Paid In Full".
    """
    return _STATE_OF.get(fold(status.rsplit(":", 1)[-1]))


def kind_of(word: str) -> Kind | None:
    """What a type says a document is; None when the word is not known. "Sales Invoice (Direct Debit)" is an invoice, however it is to be paid."""
    kind = _kind_of(word)
    return "invoice" if kind == "payment" and _kind_of(_ASIDE.sub("", word)) == "invoice" else kind


def _kind_of(word: str) -> Kind | None:
    folded = fold(word)
    return next((kind for kind, pattern in _KINDS if re.search(pattern, folded)), None)


def days_of(terms: str) -> int | None:
    """Days from the invoice to its due date; None when the words do not say ("NAA8", "End of month")."""
    text = terms.casefold().strip()
    if not text or len(text) > _LONGEST or _MONTH_END.search(text):
        return None
    counts = next((counts for pattern in _NET if (counts := pattern.findall(text))), None)
    if counts:
        return max(map(int, counts))  # "14 Tage 2 %, 30 Tage netto": the shorter time is the discount's
    return 0 if _AT_ONCE.search(text) else None
