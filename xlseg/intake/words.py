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
    "draft": "draft awaitingapproval pendingapproval pendingsupervisorapproval submitted notapproved unapproved unapprovedpayment entwurf",
    "": "approved posted sent viewed issued active new confirmed released gebucht",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}
_STATES_OF_PAYMENTS: dict[State, str] = {
    "void": """failed bounced declined returned returnednsf nsf dishonoured dishonored chargedback chargeback unpaid refused geplatzt fehlgeschlagen
        zurueckgegeben""",
    "draft": "pending scheduled planned processing inprogress uncollected ausstehend geplant",
    "": """deposited notdeposited undeposited complete completed succeeded successful success received applied fullyapplied partiallyapplied
        unapplied notapplied processed reconciled unreconciled cleared uncleared matched captured paid settled open closed
        authorised authorized eingegangen verbucht""",
}
_STATE_OF_PAYMENT = _STATE_OF | {word: state for state, words in _STATES_OF_PAYMENTS.items() for word in words.split()}
"""A payment that came back or has not come yet pays nothing; whether it is applied, deposited or matched does not matter here."""

_BACK = r"(?:payment|check|cheque|ach|eft|debit|wire|transfer|lastschrift|scheck|zahlung)"
_KINDS: tuple[tuple[Kind, str], ...] = (
    (
        "reversal",
        rf"revers(?:al|ed)|bounced|chargeback|dishono|(?<!tra)nsf|stopped{_BACK}|return(?:ed)?{_BACK}|{_BACK}return|rueckbuchung|ruecklastschrift|"
        r"(?:scheck|lastschrift)rueckgabe|customerrefund|custrfnd",
    ),
    ("none", r"quote|quotation|estimate|proforma|opportunity|angebot|kostenvoranschlag|transferorder"),
    ("refund", r"refund|erstattung|rueckzahlung"),
    ("credit", r"stornorechnung|rechnungsstorno"),
    ("invoice", r"^(?!.*(?:credit|gutschrift|return(?!able)|revers)).*(?:invoice|rechnung)$|^creditor(?:invoice|rechnung)$|rechnungmit|invoicewith"),
    (
        "payment",
        r"creditcard|debitcard|directdebit|transfer|wire(?!less)|^ach$|^eft$|sepa(?!ra)|check|cheque|^cash$|ueberweisung|lastschrift|"
        r"(?:ach|direct|bacs|giro|bank|wire|eft)credit$",
    ),
    (
        "credit",
        r"credit(?!sale|or)|gutschrift|return(?!able)|^rma$|^cm$|^cn$|^dg$|^kg$|writ(?:e|ten)?(?:off|down)|ausbuchung|baddebt|discount|skonto",
    ),
    ("invoice", r"salesreceipt|cashsale"),
    ("payment", r"payment|receipt|zahlung|deposit|^dz$|^kz$|^pymt$|^pmt$|prepay"),
    ("invoice", r"invoice|invc|bill|rechnung|order|sale|debit|charge|^rv$|^dr$|^re$|^kr$|^rn$|^inv$|accrec|accpay|standard|auftrag"),
)
_OF_PAYMENTS: tuple[tuple[Kind, str], ...] = (("reversal", r"^return(?:ed|s)?$|return(?:ed)?(?:item|deposit)|storno|reject|declined|failed"),)
"""What words mean on a sheet of payments, before anything else."""

_ASIDE = re.compile(r"\([^()]*\)")

_NET = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bnet(?:to)?\s*(\d{1,3})\b",
        r"\bnt\s*(\d{1,3})\b",
        r"\bn\s*[/-]?\s*(\d{1,3})\b",
        r"\b(\d{1,3})\s*(?:days?|tagen?|d|t)?\s*net(?:to)?\b",
        r"\b(\d{1,3})\s*(?:days?|tagen?|d|t)\b",
        r"^(\d{1,3})$",
    )
)
_LONGEST = 200
_AT_ONCE = re.compile(r"receipt|immediate|sofort|prepay|prepaid|advance|vorkasse|\bcod\b|\bcia\b|cash|due now|\bpay now\b|upfront")
_MONTH_END = re.compile(r"\beom\b|end of|month|monat|ultimo|proximo|\bprox\b|instal|raten|fin de mois|\bfdm\b|fine mese|fin de mes")


def state_of(status: str, *, of_payment: bool = False) -> State | None:
    """What a status says of a document, "" when nothing about its balance, None when the word is not known.

    "Invoice : Paid In Full" is about "Paid In Full".
    """
    return (_STATE_OF_PAYMENT if of_payment else _STATE_OF).get(fold(status.rsplit(":", 1)[-1]))


def kind_of(word: str, *, of_payments: bool = False) -> Kind | None:
    """What a type says a document is, on a sheet of payments or another; None when the word is not known.

    "Sales Invoice (Direct Debit)" is an invoice, however it is to be paid; "Invoice (Credit)" may be one on credit or a credit memo.
    """
    kind, bare = _kind_of(word, of_payments), _ASIDE.sub("", word)
    if bare != word and kind in ("payment", "credit") and _kind_of(bare, of_payments) == "invoice":
        return "invoice" if kind == "payment" else kind if fold(word) != f"{fold(bare)}credit" else None
    return kind


def _kind_of(word: str, of_payments: bool) -> Kind | None:
    folded = fold(word)
    return next((kind for kind, pattern in (*(_OF_PAYMENTS if of_payments else ()), *_KINDS) if re.search(pattern, folded)), None)


def days_of(terms: str) -> int | None:
    """Days from the invoice to its due date; None when the words do not say ("NAA8", "End of month")."""
    text = terms.casefold().strip()
    if not text or len(text) > _LONGEST or of_month_end(text):
        return None
    counts = next((counts for pattern in _NET if (counts := pattern.findall(text))), None)
    if counts:
        return max(map(int, counts))  # "14 Tage 2 %, 30 Tage netto": the shorter time is the discount's
    return 0 if _AT_ONCE.search(text) else None


def of_month_end(terms: str) -> bool:
    """Whether terms count from the end of a month, or in instalments, so that no number of days says what they mean."""
    return bool(_MONTH_END.search(terms.casefold()))
