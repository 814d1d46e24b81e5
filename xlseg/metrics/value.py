"""What time is worth in money: cash released by faster payment, its benefit, the cost of a discount. docs/metrics.md, "Money value of timing"."""

from __future__ import annotations

import math


def cash_accelerated(amount_per_period: float, days_saved: float, days_in_period: float = 30) -> float:
    """Cash released once when a steady stream of receipts comes sooner.

    Amount per period × days saved ÷ days in the period; money. NaN when the period has no days.
    """
    return amount_per_period * days_saved / days_in_period if days_in_period > 0 else math.nan


def working_capital_benefit(cash: float, annual_rate: float, days: float = 365) -> float:
    """What released cash earns, or saves in interest, over some days: cash × annual rate × days ÷ 365; money."""
    return cash * annual_rate * days / 365


def finance_cost_share(cost: float, revenue: float) -> float:
    """Finance cost as a share of revenue. NaN without revenue."""
    return cost / revenue if revenue else math.nan


def discount_apr(discount: float, discount_days: float, net_days: float) -> float:
    """Yearly rate that a customer earns by taking a cash discount: d/(1 − d) · 365/(net days − discount days), simple interest.

    `discount` is a share such as 0.02. NaN when the discount is the whole price, or does not end before the net date.
    """
    if discount >= 1 or net_days <= discount_days:
        return math.nan
    return discount / (1 - discount) * 365 / (net_days - discount_days)
