"""The sentences of a whole book against one customer's reasons, put together one by one."""

import datetime as dt
import math
from dataclasses import replace

from xlseg.analysis import analyse
from xlseg.demo.simulate import Population, unchanging
from xlseg.segments.rules import read_rules
from xlseg.segments.why import apart, reasons
from xlseg.settings import Settings

T = dt.date(2026, 9, 15)
BOOK = Population(customers=300, invoices_a_month=2, late=2.0, until=dt.date(2026, 10, 31))
RULES = read_rules(
    [
        ["Priority", "Segment", "Risk", "payment_velocity", "consistency_rating", "revenue", "late_share", "recency_ratio"],
        [1, "Large", 2, None, None, ">=p80", None, None],  # what a percentile stands for is said as well
        [2, "Middling", 4, "-2..4", None, None, None, "<=2"],  # two edges, of which one is nearer
        [3, "Lettered", 5, None, "C", None, None, None],  # a text has no edge
        [4, "Late", 6, ">=2", None, None, ">=25%", None],
        [5, "Other", 3, None, None, None, None, None],
    ]
)


def test_each_sentence_is_what_the_customers_own_reasons_say() -> None:
    analysis = analyse(unchanging(BOOK, seed=8), replace(Settings(), confirm=False, margin=0), RULES, T)
    assert set(analysis.standing["today"]) == {"Large", "Middling", "Lettered", "Late", "Other"}
    for position, why in enumerate(analysis.standing["why"]):
        row = analysis.row_at(position)
        found = reasons(analysis.labelled, row, {str(k): v for k, v in analysis.measured.iloc[row].items()})
        said = ", ".join(str(reason) for reason in found) or "no other rule matches"
        nearest = min(found, key=lambda reason: reason.margin, default=None)
        if nearest is not None and math.isfinite(nearest.margin):
            said += f". Nearest edge: {nearest.name}, {apart(abs(float(nearest.value) - nearest.edge), nearest.name)} away"
        assert why == f"{analysis.standing['today'].iat[position]}: {said}"
