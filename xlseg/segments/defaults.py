"""The rule sets a book gets when it has none of its own. docs/segments.md says where they come from."""

from __future__ import annotations

from xlseg.segments.rules import HEAD, RuleSet, read_rules
from xlseg.workbook import Value

_Rows = tuple[tuple[int, str, int | None, dict[str, str]], ...]

_COLUMNS = (
    "n_paid", "payment_velocity", "late_share", "late_rms", "velocity_change", "velocity_change_z", "velocity_recent", "frequency_change",
    "frequency_change_z", "deterioration_z", "orders_per_month_sa", "revenue", "average_order_value", "days_since_last_order", "typical_gap",
    "recency_ratio", "oldest_past_due", "open_balance",
)  # fmt: skip

_RULES: _Rows = (
    (10, "At-Risk", 8, {"n_paid": ">=4", "velocity_change": ">=5", "velocity_recent": ">0", "frequency_change": "<=-25%", "deterioration_z": ">=2"}),
    (11, "At-Risk", 8, {"n_paid": ">=4", "velocity_change": ">=5", "velocity_change_z": ">=1.64", "velocity_recent": ">0", "recency_ratio": ">=2"}),
    (12, "At-Risk", 8, {"frequency_change": "<=-25%", "oldest_past_due": ">60"}),
    (20, "Declining Engagement", 5, {"velocity_recent": ">0", "frequency_change": "<=-25%", "frequency_change_z": "<=-1.96"}),
    (21, "Declining Engagement", 5, {"velocity_change": ">=3", "velocity_change_z": ">=1.28", "recency_ratio": "2..3"}),
    (30, "High Value Slow Pay", 7, {"n_paid": ">=4", "payment_velocity": ">5", "revenue": ">=p80"}),
    (31, "High Value Slow Pay", 7, {"n_paid": ">=4", "payment_velocity": ">5", "average_order_value": ">=p80"}),
    (35, "Deteriorating Payer", 6, {"n_paid": ">=4", "velocity_change": ">=7", "velocity_change_z": ">=2.33", "velocity_recent": ">0"}),
    (40, "Habitual Late Payer", 6, {"n_paid": ">=4", "payment_velocity": ">5", "late_share": ">=50%"}),
    (50, "Dormant Low-Balance", 3, {"days_since_last_order": ">=90", "recency_ratio": ">=3", "open_balance": "<=p25"}),
    (60, "Reliable Frequent", 1, {"n_paid": ">=4", "payment_velocity": "<=2", "late_share": "<=35%", "late_rms": "<=7",
                                  "frequency_change_z": ">-1.96", "orders_per_month_sa": ">=p25", "typical_gap": "<=p50"}),
    (70, "Early Payer", 1, {"n_paid": ">=4", "payment_velocity": "<=-5", "late_share": "<=15%"}),
    (80, "High Engagement", 2, {"n_paid": ">=4", "payment_velocity": "<=2", "frequency_change": ">=0", "orders_per_month_sa": ">=p80"}),
    (95, "Slow Payer", 5, {"n_paid": ">=4", "payment_velocity": ">5"}),
    (98, "Standard", 3, {"n_paid": ">=4"}),
    (99, "Not Enough History", None, {}),
)  # fmt: skip


_ORDER_COLUMNS = ("orders", "frequency_change", "frequency_change_z", "recency_ratio", "orders_per_month_sa", "revenue")

_ORDER_RULES: _Rows = (
    (20, "Declining Engagement", 6, {"frequency_change": "<=-25%", "frequency_change_z": "<=-1.64"}),
    (21, "Declining Engagement", 6, {"orders": ">=3", "recency_ratio": "2..3"}),
    (50, "Dormant", 7, {"recency_ratio": ">=3"}),
    (60, "High Value Frequent", 1, {"orders": ">=4", "orders_per_month_sa": ">=p50", "revenue": ">=p80"}),
    (70, "Frequent", 2, {"orders": ">=4", "orders_per_month_sa": ">=p50"}),
    (98, "Standard", 3, {"orders": ">=2"}),
    (99, "Not Enough History", None, {}),
)


def default_rows(with_invoices: bool = True) -> list[list[Value]]:
    """A default rule set as rows of a Rules sheet, headings first; a book without invoices has no payment behaviour to ask for."""
    columns, rules = (_COLUMNS, _RULES) if with_invoices else (_ORDER_COLUMNS, _ORDER_RULES)
    body: list[list[Value]] = [[priority, segment, risk, *(cells.get(name) for name in columns)] for priority, segment, risk, cells in rules]
    return [[*HEAD, *columns], *body]


def default_rules(with_invoices: bool = True) -> RuleSet:
    """A default rule set."""
    return read_rules(default_rows(with_invoices))
