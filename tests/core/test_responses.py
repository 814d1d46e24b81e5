"""Response rates: by hand, against scipy, and against published figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ledgers import T, ago, book, frame, invoice, payment
from scipy import integrate, optimize, stats

from xlseg.calendar import day_number
from xlseg.contacted import Group, contacted, newcombe, wilson
from xlseg.facts import facts
from xlseg.responses import Prior, fitted, responses, tail
from xlseg.tables import REMINDERS, Ledger
from xlseg.touches import Contact, Owing, judged, touches
from xlseg.workbook import Array


def touch(date: dt.date, document: str = "", *, customer: str = "A", channel: str = "E-mail") -> dict[str, Any]:
    return {"customer": customer, "document": document, "date": date, "channel": channel, "outcome": "", "promised": None, "row": 2}


def reminded(ledger: Ledger, *rows: dict[str, Any]) -> Ledger:
    return replace(ledger, reminders=pd.DataFrame(list(rows), columns=list(REMINDERS)).astype(REMINDERS))


def answers(ledger: Ledger, *contacts: Contact, as_of: dt.date = T, window: int = 365) -> list[tuple[bool, bool]]:
    """Of each touch, whether it counts and whether it was answered."""
    known = facts(ledger)
    found = touches(ledger, known, contacts, day_number(as_of))
    counts, answered = judged(found, Owing(known, ledger), day_number(as_of), window)
    return list(zip(counts.tolist(), answered.tolist(), strict=True))


ONE = [invoice(100, issued=ago(90), document="I1")]


@pytest.mark.parametrize(("after", "answered"), [(0, False), (1, True), (7, True), (8, False)])
def test_a_touch_is_answered_by_a_payment_one_to_seven_days_after_it(after: int, answered: bool) -> None:
    ledger = book(ONE, [payment(40, ago(30 - after), "I1")])
    assert answers(reminded(ledger, touch(ago(30)))) == [(True, answered)]


def test_a_touch_that_names_a_document_is_answered_by_a_payment_on_that_alone() -> None:
    two = [*ONE, invoice(50, issued=ago(90), document="I2")]
    ledger = reminded(book(two, [payment(50, ago(28), "I2")]), touch(ago(30), "I1"), touch(ago(30), "I2"), touch(ago(30)))
    assert answers(ledger) == [(True, False), (True, True), (True, True)]


def test_a_credit_or_write_off_is_no_answer() -> None:
    assert answers(reminded(book(ONE, [payment(100, ago(28), "I1", credit=True)]), touch(ago(30)))) == [(True, False)]


def test_a_touch_does_not_count_when_nothing_was_open_that_day() -> None:
    ledger = book(ONE, [payment(100, ago(40), "I1")])
    assert answers(reminded(ledger, touch(ago(41)), touch(ago(30)), touch(ago(30), "I1"), touch(ago(41), "UNKNOWN"))) == [
        (True, True), (False, False), (False, False), (False, False),
    ]  # fmt: skip


def test_the_last_seven_days_are_not_judged_yet_and_the_window_ends_somewhere() -> None:
    rows = (touch(ago(6)), touch(ago(7)), touch(ago(364)), touch(ago(365)))
    ledger = reminded(book([invoice(100, issued=ago(900), document="I1")], []), *rows)
    assert [counts for counts, _ in answers(ledger)] == [False, True, True, False]


def test_an_invoice_that_its_own_row_calls_paid_is_a_payment_on_that_day() -> None:
    ledger = book([invoice(100, issued=ago(90), document="I1", paid=ago(25), status="closed")])
    assert answers(reminded(ledger, touch(ago(30)), touch(ago(33)))) == [(True, True), (True, False)]


def test_a_done_of_the_log_is_a_touch_and_one_of_a_stranger_is_none() -> None:
    ledger = book(ONE, [payment(100, ago(28), "I1")])
    assert answers(ledger, Contact("A", ago(30), "Phone"), Contact("NOBODY", ago(30), "Phone")) == [(True, True)]


def of_customers(n: list[int], k: list[int]) -> tuple[Array, Array]:
    return np.array(n), np.array(k)


def test_the_prior_of_ten_customers_by_hand() -> None:
    # Five customers answer 4 of 4, five none of 4. Σn = 40, Σk = 20: mean (20 + ½) ÷ 41 = ½.
    # Between: Σ 4·(1 − ½)² over 10 customers = 10, ÷ 9. Within: 0. n₀ = (40 − 160/40) ÷ 9 = 4. ρ = 1, strength 0, kept at 2.
    assert fitted(*of_customers([4] * 10, [4] * 5 + [0] * 5)) == Prior(0.5, 2.0)
    # Everybody answers 2 of 4: between 0, ρ below 0: they do not differ, strength at its upper bound.
    assert fitted(*of_customers([4] * 10, [2] * 10)) == Prior(0.5, 100.0)
    # Five answer 3 of 4, five 1 of 4: between = 10·4·(1/16) ÷ 9 = 5/18. Within: Σ 4·(3/16) = 7.5, ÷ 30 = ¼. n₀ = 4.
    # ρ = (5/18 − ¼) ÷ (5/18 + ¾) = (1/36) ÷ (37/36) = 1/37: strength 36.
    found = fitted(*of_customers([4] * 10, [3] * 5 + [1] * 5))
    assert found is not None
    assert found.strength == pytest.approx(36)


def test_a_customer_is_shrunk_towards_his_segment() -> None:
    # 36 touches of the segment at ½ and 4 of his own, 3 answered: (18 + 3) ÷ 40
    assert Prior(0.5, 36).rate(4, 3) == pytest.approx(21 / 40)


def test_too_few_customers_or_touches_have_no_prior_of_their_own() -> None:
    assert fitted(*of_customers([4] * 9, [2] * 9)) is None  # nine customers
    assert fitted(*of_customers([1] * 40, [1] * 40)) is None  # nobody touched twice: how customers differ cannot be seen
    assert fitted(*of_customers([2] * 9 + [1], [1] * 10)) is None  # nine touches beyond the first


def drawn(size: int, mean: float, strength: float, seed: int) -> tuple[Array, Array]:
    chance = np.random.default_rng(seed)
    n = chance.integers(1, 20, size)
    return n, chance.binomial(n, chance.beta(mean * strength, (1 - mean) * strength, size))


@pytest.mark.parametrize(("mean", "strength"), [(0.5, 4.0), (0.3, 8.0), (0.8, 15.0)])
def test_the_prior_agrees_with_the_greatest_likelihood_of_a_beta_binomial(mean: float, strength: float) -> None:
    n, k = drawn(3000, mean, strength, 1)

    def unlikely(logs: Array) -> float:
        return -float(stats.betabinom.logpmf(k, n, *np.exp(logs)).sum())

    a, b = np.exp(optimize.minimize(unlikely, np.log([1.0, 1.0]), method="Nelder-Mead").x)
    found = fitted(n, k)
    assert found is not None
    assert found.mean == pytest.approx(a / (a + b), abs=0.01)
    assert found.strength == pytest.approx(a + b, rel=0.15)


def test_a_shrunk_rate_is_the_mean_of_the_posterior() -> None:
    # Bayes' theorem by numerical integration: a beta prior of mean 0.4 and strength 10, 3 answers to 5 touches.
    def weight(rate: float) -> float:
        return float(stats.beta.pdf(rate, 4, 6) * stats.binom.pmf(3, 5, rate))

    posterior = integrate.quad(lambda rate: rate * weight(rate), 0, 1)[0] / integrate.quad(weight, 0, 1)[0]
    assert Prior(0.4, 10).rate(5, 3) == pytest.approx(posterior)


@pytest.mark.parametrize(("n", "k", "p"), [(10, 8, 0.4), (40, 0, 0.1), (7, 7, 0.5), (300, 150, 0.45), (5, 3, 1.0)])
def test_a_tail_of_the_binomial_equals_that_of_scipy(n: int, k: int, p: float) -> None:
    assert tail(n, k, p) == pytest.approx(float(stats.binom.sf(k - 1, n, p)), abs=1e-12)


def rates_of(n: Array, k: Array, segment: list[str]) -> Any:
    """Responses of customers with so many touches and answers, all by e-mail."""
    customer = np.repeat(np.arange(len(n)), n)
    answered = np.concatenate([np.arange(total) < hits for total, hits in zip(n, k, strict=True)])
    found = touches(Ledger(), facts(Ledger()), (), 0)
    found = replace(found, customer=customer, channel=np.zeros(len(customer), "int64"), day=np.zeros(len(customer), "int64"), channels=("email",))
    return responses(found, np.ones(len(customer), "bool"), answered, segment)


def test_where_all_respond_alike_hardly_anybody_is_called_likely_to_respond() -> None:
    chance = np.random.default_rng(2)
    n = chance.integers(1, 25, 4000)
    for rate in (0.2, 0.45, 0.7):
        found = rates_of(n, chance.binomial(n, rate), ["One"] * 4000)
        # At most one in a hundred by definition; four standard errors of 4,000 draws above that are 1.6 %.
        assert len(found.likely) <= 0.016 * 4000


def test_those_who_do_respond_more_are_called_so() -> None:
    n = np.full(200, 12)
    k = np.where(np.arange(200) < 20, 12, 4)
    assert rates_of(n, k, ["One"] * 200).likely == set(range(20))


def test_a_rare_rate_below_one_half_is_not_likely_to_respond() -> None:
    # 12 of 30 is rare where everybody else answers one in twenty, but it is not likely.
    n, k = np.full(100, 30), np.where(np.arange(100) < 1, 12, 1)
    assert rates_of(n, k, ["One"] * 100).likely == frozenset()


def test_a_segment_of_few_takes_the_prior_of_the_book_and_a_book_without_touches_says_nothing() -> None:
    n, k = of_customers([4] * 12, [3] * 6 + [1] * 6)
    found = rates_of(n, k, ["Many"] * 10 + ["Few"] * 2)
    assert set(found.priors) == {"Many"}
    assert found.rate(10, "Few", "Phone") == pytest.approx(found.book.mean)
    assert found.rate(10, "Few", "e-Mail") == pytest.approx(found.book.rate(4, 1))
    nothing = rates_of(np.zeros(3, "int64"), np.zeros(3, "int64"), ["One"] * 3)
    assert nothing.book is None
    assert np.isnan(nothing.rate(0, "One", "E-mail"))


# ── contacted and not contacted ──────────────────────────────────────────────


def test_the_interval_of_a_difference_is_that_of_newcombe() -> None:
    # Newcombe 1998, table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339; 9/10 against 3/10: 0.1705 to 0.8090; 10/10 against 0/10: 0.6075 to 1.
    assert newcombe(Group(70, 56, 0), Group(80, 48, 0)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe(Group(10, 9, 0), Group(10, 3, 0)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert newcombe(Group(10, 10, 0), Group(10, 0, 0)) == pytest.approx((0.6075, 1.0), abs=5e-5)


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    found = stats.binomtest(15, 148).proportion_ci(0.95, "wilson")
    assert wilson(15, 148) == pytest.approx((found.low, found.high), abs=1e-6)


def due_customers(size: int, touched: int, paid: set[int]) -> Ledger:
    """Customers with one invoice 40 days past due; the first ones are touched 20 days ago; some pay 3 days later."""
    names = [f"C{number:02}" for number in range(size)]
    invoices = [invoice(100, issued=ago(70), document=f"I{name}", customer=name) for name in names]
    payments = [payment(100, ago(17), f"I{names[at]}", customer=names[at]) for at in sorted(paid)]
    return reminded(book(invoices, payments), *(touch(ago(20), customer=name) for name in names[:touched]))


def compared(ledger: Ledger) -> Any:
    known = facts(ledger)
    return contacted(touches(ledger, known, (), day_number(T)), Owing(known, ledger), day_number(T), 365)


def test_who_was_due_and_touched_is_compared_with_who_was_due_and_not() -> None:
    # Of 40 touched 30 pay within the week, of 40 others 10.
    found = compared(due_customers(80, 40, {*range(30), *range(40, 50)}))
    assert (found.contacted, found.others) == (Group(40, 30, 40), Group(40, 10, 40))
    assert found.difference == 0.5
    assert found.cannot_say == ""
    assert 0.2 < found.low < 0.5 < found.high < 0.8


def test_nothing_is_said_about_too_few() -> None:
    assert compared(due_customers(50, 5, set())).cannot_say == "only 5 customers were contacted; 10 are needed"
    assert compared(due_customers(50, 45, set())).cannot_say == "only 5 customers were due and not contacted; 10 are needed"
    assert compared(due_customers(50, 20, set())).cannot_say == "only 20 customer-weeks in which customers were contacted; 30 are needed"
    assert compared(book(None, None, [])).cannot_say == "no customers were contacted; 10 are needed"


def test_who_is_not_due_or_was_touched_in_the_week_before_is_in_neither_group() -> None:
    ledger = due_customers(10, 5, set())
    early = touch(ago(22), customer="C00")
    not_due = invoice(100, issued=ago(30), due=ago(10), document="N", customer="N")
    more = replace(ledger, invoices=pd.concat([ledger.invoices, frame(dict(ledger.invoices.dtypes.astype(str)), [not_due], "N")], ignore_index=True))
    more = reminded(more, early, *ledger.reminders.drop(columns="row").assign(promised=None, row=2).to_dict("records"))
    found = compared(more)
    # Two weeks have touches. On day 22 one of the ten is touched; on day 20 the four touched for the first time, and five are not. N is never due.
    assert (found.contacted.weeks, found.others.weeks) == (1 + 4, 9 + 5)
