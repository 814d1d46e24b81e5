"""What the words of an export mean: states, kinds of documents, payment terms."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from xlseg.intake.cells import Cells
from xlseg.intake.headings import fold
from xlseg.workbook import Array

State = Literal["", "open", "closed", "credited", "disputed", "void", "draft"]
Kind = Literal["invoice", "credit", "refund", "payment", "reversal", "void", "none"]

_STATES: dict[State, str] = {
    "open": """open unpaid notpaid overdue pastdue due outstanding partiallypaid partlypaid partpaid partial partiallyapplied pendingpayment
        awaitingpayment authorised authorized offen unbezahlt teilbezahlt teilweisebezahlt ueberfaellig faellig
        impayé impayée impagado pendiente""",
    "closed": """closed paid paidinfull fullypaid settled cleared fullyapplied bezahlt ausgeglichen erledigt geschlossen abgeschlossen
        payé payée pagado pagada pagato pagata""",
    "credited": """credited fullycredited closedbycredit closedcredited creditapplied refunded writtenoff writeoff closedwrittenoff baddebt
        gutgeschrieben ausgebucht abgeschrieben""",
    "disputed": "disputed indispute dispute strittig klaerungsfall",
    "void": """void voided cancelled canceled deleted rejected reversed storniert storno annulliert geloescht abgelehnt annulé annulée anulado
        anulada annullato""",
    "draft": "draft awaitingapproval pendingapproval pendingsupervisorapproval submitted notapproved unapproved unapprovedpayment entwurf",
    "": "approved posted sent viewed issued active new confirmed released gebucht",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}
_STATES_OF_PAYMENTS: dict[State, str] = {
    "void": """failed bounced declined returned returnednsf nsf dishonoured dishonored chargedback chargeback refunded refused geplatzt fehlgeschlagen
        zurueckgegeben""",
    "draft": "pending scheduled planned processing inprogress uncollected authorized ausstehend geplant",
    "": """deposited notdeposited undeposited complete completed succeeded successful success received applied fullyapplied partiallyapplied
        unapplied notapplied processed reconciled unreconciled cleared uncleared matched captured paid settled open closed
        authorised eingegangen verbucht""",
}
_STATE_OF_PAYMENT = _STATE_OF | {word: state for state, words in _STATES_OF_PAYMENTS.items() for word in words.split()}
"""A payment that came back or has not come yet pays nothing; whether it is applied, deposited or matched does not matter here."""

_OFFERS = """quotation quotationsent quote quotesent quoted openquote estimate estimatesent proposal offer opportunity draft expired lost
    angebot angebotgesendet entwurf devis devisenvoyé brouillon presupuesto presupuestoenviado borrador preventivo bozza"""

_BACK = r"(?:payment|check|cheque|ach|eft|debit|wire|transfer|lastschrift|scheck|zahlung)"
_NO_INVOICE = r"credit|gutschrift|return(?!able)|revers|writ(?:e|ten)?off|discount|skonto|payment(?:on|for|of)|zahlung(?!s)"
"""Words before "invoice" that make something else of it."""
_KINDS: tuple[tuple[Kind | None, str], ...] = (
    (
        "reversal",
        rf"revers(?:al|ed)|bounced|chargeback|dishono|(?<!tra)nsf|stopped{_BACK}|return(?:ed)?{_BACK}|{_BACK}return|rueckbuchung|ruecklastschrift|"
        r"(?:scheck|lastschrift)rueckgabe|customerrefund|custrfnd|refundof|(?:check|cheque|card)refund|rueckzahlung",
    ),
    ("none", r"quote|quotation|estimate|proforma|opportunity|angebot|kostenvoranschlag|transferorder|^devis|presupuesto"),
    ("refund", r"refund|erstattung|remboursement|reembolso"),
    ("credit", r"stornorechnung|rechnungsstorno|rechnungskorrektur|rectificativ|avoir$|crmemo|invoicecancell?ation"),
    (None, r"^(?:cancell?ed|void(?:ed)?|deleted|stornierte)(?:invoice|bill|rechnung)"),  # the one that is taken back, or the one that does it?
    ("invoice", rf"^(?!.*(?:{_NO_INVOICE})).*(?:invoice|rechnung)$|^creditor(?:invoice|rechnung)$|rechnungmit|invoicewith"),
    (
        "payment",
        r"creditcard|debitcard|directdebit|transfer|wire(?!less)|^ach$|^eft$|sepa(?!ra)|check|cheque|^cash$|ueberweisung|lastschrift|"
        r"(?:ach|direct|bacs|giro|bank|wire|eft)credit$|virement|transferencia|bonifico",
    ),
    (
        "credit",
        r"credit(?!sale|or)|gutschrift|^avoir|^abono|notadecr|notadicr|^retoure|return(?!able)|^rma$|^cm$|^cn$|^sc$|^dg$|^kg$|writ(?:e|ten)?(?:off|down)|ausbuchung|baddebt|discount|skonto",
    ),
    ("invoice", r"salesreceipt|cashsale"),
    ("payment", r"payment|receipt|zahlung|paiement|^pago|pagamento|deposit|^dz$|^kz$|^pymt$|^pmt$|prepay"),
    (
        "invoice",
        r"invoice|invc|facture|factura|fattura|bill|rechnung|order|sale|debit|charge|^rv$|^dr$|^re$|^kr$|^rn$|^si$|^inv$|accrec|accpay|standard|auftrag",
    ),
)
_OF_PAYMENTS: tuple[tuple[Kind | None, str], ...] = (
    ("void", rf"(?:void|cancell?|delet)(?:ed)?{_BACK}|{_BACK}(?:void|cancell?|delet)(?:ed)|{_BACK}(?:storniert|annulliert)|^stornierte"),
    ("reversal", r"return(?:ed)?(?:item|deposit)|storno(?!rechnung|gutschrift)|reject|declined|failed|bad(?:check|cheque)"),
    (None, r"^returns?$|^returned$"),  # of goods, or of a payment?
    ("payment", r"(?:ach|bank|direct|sepa)debit|(?:money|standing|postal)order|dauerauftrag"),
)
"""What words mean on a sheet of payments, before anything else."""

_ASIDE = re.compile(r"\([^()]*\)")

_NET = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bnet(?:to)?\s*[-:]?\s*(\d{1,3})\b",
        r"\bnt\s*(\d{1,3})\b",
        r"\bn\s*[/-]?\s*(\d{1,3})\b",
        r"\b(\d{1,3})\s*(?:days?|tagen?|d|t)?\s*net(?:to)?\b(?!\s+of\b)",
        r"\b(\d{1,3})\s*(?:days?|tagen?|d|t)\b",
        r"^(\d{1,3})$",
    )
)
_LONGEST = 200
_AT_ONCE = re.compile(r"receipt|immediate|sofort|prepay|prepaid|advance|vorkasse|\bcod\b|\bcia\b|cash|due now|\bpay now\b|upfront")
_COUNTED_FROM_MONTH_END = re.compile(
    r"\beom\b|end of|following month|monatsende|ultimo|proximo|\bprox\b|fin de mois|\bfdm\b|fine mese|fin de mes|instal|raten"
)
_MONTHS = re.compile(r"month|monat|\bmois\b|\bmes(?:es)?\b")


def state_of(status: str, *, of_payment: bool = False) -> State | None:
    """What a status says of a document, "" when nothing about its balance, None when the word is not known.

    "Invoice : Paid In Full" is about "Paid In Full".
    """
    return (_STATE_OF_PAYMENT if of_payment else _STATE_OF).get(fold(status.rsplit(":", 1)[-1]))


def is_offer(status: str) -> bool:
    """Whether the state of a sales order says that nobody has ordered yet: "Quotation Sent"."""
    return fold(status.rsplit(":", 1)[-1]) in _OFFERS.split()


def says_open(column: Cells) -> Array:
    """Where a cell of dates says instead that there is none yet: "unpaid"."""
    if not column.mixed:
        return np.zeros(len(column), dtype=bool)
    return column.spread([isinstance(cell, str) and state_of(cell) == "open" for cell in column.distinct], bool)


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
    if not text or len(text) > _LONGEST or of_month_end(text) or _MONTHS.search(text):
        return None
    counts = next((counts for pattern in _NET if (counts := pattern.findall(text))), None)
    if counts:
        return max(map(int, counts))  # "14 Tage 2 %, 30 Tage netto": the shorter time is the discount's
    return 0 if _AT_ONCE.search(text) else None


def of_month_end(terms: str) -> bool:
    """Whether terms count from the end of a month, or in instalments, so that no number of days says what they mean."""
    return bool(_COUNTED_FROM_MONTH_END.search(terms.casefold()))
