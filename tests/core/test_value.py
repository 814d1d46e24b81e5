"""What time is worth in money."""

import math

import pytest

from xlseg.metrics.value import cash_accelerated, discount_apr, finance_cost_share, working_capital_benefit


def test_twelve_days_sooner_on_1_2_million_a_month() -> None:
    assert cash_accelerated(1_200_000, 12) == 480_000  # 1,200,000 × 12 ÷ 30
    assert working_capital_benefit(480_000, 0.08) == pytest.approx(38_400)  # 480,000 × 8 % for a year
    assert working_capital_benefit(480_000, 0.08, days=73) == pytest.approx(7_680)  # a fifth of a year


def test_2_10_net_30_is_the_textbooks_37_percent() -> None:
    # 2/98 × 365/20 = 0.0204082 × 18.25 = 0.372449, the figure of every corporate finance textbook
    assert discount_apr(0.02, 10, 30) == pytest.approx(0.372449, abs=1e-6)


def test_finance_cost_is_a_share_of_revenue() -> None:
    assert finance_cost_share(15, 1_000) == 0.015


@pytest.mark.parametrize(
    "value",
    [cash_accelerated(1, 1, 0), finance_cost_share(1, 0), discount_apr(1, 10, 30), discount_apr(0.02, 30, 30)],
    ids=["period", "revenue", "all", "days"],
)
def test_what_cannot_be_divided_is_absent(value: float) -> None:
    assert math.isnan(value)
