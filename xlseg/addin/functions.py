"""The formulas: one function each, named as in the cell. Each opens the desk, asks one thing, and closes.

Any argument may be what a spreadsheet program hands over, or plain Python: an id or rows of ids, a range with its heading row as rows, a date, a
number, a word; None where it is left out. The answer is a value, or rows of values for a column of ids: text, numbers, truth values, dates, None,
and `xlseg.workbook.CellError` for an error value. No formula raises. The parameters carry no types of their own, since a spreadsheet may hand over
anything.
"""

from __future__ import annotations

from typing import Any

from xlseg import __version__
from xlseg.addin import options
from xlseg.addin.answering import Answer, below, beside, by_position, elementwise, formula, number
from xlseg.addin.arguments import ErrorAnswer, Ids
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.desk import KNOWN_SEGMENT, Reading, desk
from xlseg.addin.explained import explanation, metric_named
from xlseg.addin.matrix import matrix
from xlseg.addin.values import BAD_NUMBER
from xlseg.errors import ArgumentError, XlsegError
from xlseg.metrics import value as money
from xlseg.metrics.receivables import BUCKETS
from xlseg.workbook import CellError, Value

__all__ = [formula.name for formula in FORMULAS]


def _paid(invoices: Any, payments: Any, customers: Any, config: Any) -> Reading:
    """What the sheets say, if they say what is paid."""
    reading = desk().reading({"invoices": invoices, "payments": payments, "customers": customers, "config": config})
    reading.book.must_tell_of_payment()
    return reading


@formula
def PAYMENT_VELOCITY(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    window: Any = None,
    weight: Any = "count",
    open_items: Any = "known",
    statistic: Any = "mean",
    payments: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, options.velocity(reading.book.at(reading.day(as_of), window), weight, open_items, statistic)))


@formula
def DAYS_TO_PAY(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    window: Any = None,
    weight: Any = "count",
    open_items: Any = "exclude",
    statistic: Any = "mean",
    payments: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(
        customer, by_position(reading.book, options.days_to_pay(reading.book.at(reading.day(as_of), window), weight, open_items, statistic))
    )


@formula
def PAYMENT_CONSISTENCY(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    window: Any = None,
    method: Any = "sd",
    payments: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, options.consistency(reading.book.at(reading.day(as_of), window), method)))


@formula
def CONSISTENCY_RATING(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    window: Any = None,
    method: Any = "sd",
    payments: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, options.rating(reading.book.at(reading.day(as_of), window), method)))


@formula
def PAYMENT_INDEX(
    customer: Any, invoices: Any = None, as_of: Any = None, window: Any = None, payments: Any = None, customers: Any = None, config: Any = None
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of), window).metric("payment_index").__getitem__))


@formula
def LATE_SHARE(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    window: Any = None,
    grace: Any = None,
    payments: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of), window, grace).metric("late_share").__getitem__))


@formula
def PAYMENT_TREND(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    window: Any = None,
    method: Any = "change",
    payments: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, options.payment_trend(reading.book.at(reading.day(as_of), window), method)))


@formula
def EXPECTED_DAYS_LATE(
    customer: Any, invoices: Any = None, as_of: Any = None, window: Any = None, payments: Any = None, customers: Any = None, config: Any = None
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of), window).metric("expected_days_late").__getitem__))


@formula
def OPEN_BALANCE(customer: Any, invoices: Any = None, as_of: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of)).metric("open_balance").__getitem__))


@formula
def PAST_DUE(customer: Any, invoices: Any = None, as_of: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of)).metric("past_due").__getitem__))


@formula
def OLDEST_PAST_DUE(
    customer: Any, invoices: Any = None, as_of: Any = None, payments: Any = None, customers: Any = None, config: Any = None
) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of)).metric("oldest_past_due").__getitem__))


@formula
def AGING(customer: Any, invoices: Any = None, as_of: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    view = reading.book.at(reading.day(as_of))
    buckets = [view.metric(name) for name, _, _ in BUCKETS]

    def row(customer: str) -> list[Value] | None:
        position = reading.book.position(customer)
        return None if position is None else [bucket[position] for bucket in buckets]

    return below(customer, len(BUCKETS), row)


@formula
def ORDER_FREQUENCY(
    customer: Any,
    orders: Any = None,
    as_of: Any = None,
    window: Any = None,
    adjusted: Any = True,
    invoices: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    metric = "orders_per_month_sa" if adjusted else "orders_per_month"
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of), window).metric(metric).__getitem__))


@formula
def ORDER_FREQUENCY_CHANGE(
    customer: Any, orders: Any = None, as_of: Any = None, window: Any = None, invoices: Any = None, customers: Any = None, config: Any = None
) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of), window).metric("frequency_change").__getitem__))


@formula
def ORDER_VALUE_TREND(
    customer: Any,
    orders: Any = None,
    as_of: Any = None,
    window: Any = None,
    method: Any = "least-squares",
    invoices: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    return beside(customer, by_position(reading.book, options.order_value_trend(reading.book.at(reading.day(as_of), window), method)))


@formula
def AVERAGE_ORDER_VALUE(
    customer: Any,
    orders: Any = None,
    as_of: Any = None,
    window: Any = None,
    statistic: Any = "mean",
    invoices: Any = None,
    customers: Any = None,
    config: Any = None,
) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    return beside(customer, by_position(reading.book, options.order_value(reading.book.at(reading.day(as_of), window), statistic)))


@formula
def DAYS_SINCE_LAST_ORDER(
    customer: Any, orders: Any = None, as_of: Any = None, invoices: Any = None, customers: Any = None, config: Any = None
) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of)).metric("days_since_last_order").__getitem__))


@formula
def RECENCY_RATIO(customer: Any, orders: Any = None, as_of: Any = None, invoices: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    return beside(customer, by_position(reading.book, reading.book.at(reading.day(as_of)).metric("recency_ratio").__getitem__))


@formula
def SEASONAL_INDEX(
    month: Any = None, orders: Any = None, as_of: Any = None, invoices: Any = None, customers: Any = None, config: Any = None
) -> Answer:
    reading = desk().reading({"orders": orders, "invoices": invoices, "customers": customers, "config": config})
    day = reading.day(as_of)
    index = reading.book.at(day).season.index
    return elementwise(lambda number: index[int(number) - 1], day.month if month is None else month)


def _all(invoices: Any, payments: Any, orders: Any, customers: Any, rules: Any, config: Any) -> Reading:
    """What all sheets say that a segment depends on."""
    reading = desk().reading({"invoices": invoices, "payments": payments, "orders": orders, "customers": customers, "rules": rules, "config": config})
    if reading.book.ledger.has_invoices:
        reading.book.must_tell_of_payment()
    return reading


def _standing(reading: Reading, customer: Ids, column: str, as_of: Any) -> Answer:
    """A column of the Segments tab beside the ids."""
    standing = reading.standing(column, as_of)
    return beside(customer, standing)


@formula
def SEGMENT(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    return _standing(_all(invoices, payments, orders, customers, rules, config), customer, "segment", as_of)


@formula
def SEGMENT_RISK(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    return _standing(_all(invoices, payments, orders, customers, rules, config), customer, "risk", as_of)


@formula
def SEGMENT_WHY(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    return _standing(_all(invoices, payments, orders, customers, rules, config), customer, "why", as_of)


@formula
def SEGMENT_ALSO(
    customer: Any,
    invoices: Any = None,
    as_of: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    return _standing(_all(invoices, payments, orders, customers, rules, config), customer, "also", as_of)


@formula
def SEGMENT_AT(
    customer: Any,
    on_date: Any,
    invoices: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    reading = _all(invoices, payments, orders, customers, rules, config)
    if len(on_date) == 1:
        return _standing(reading, customer, KNOWN_SEGMENT, on_date[0])
    standings = [reading.standing(KNOWN_SEGMENT, day) for day in on_date]
    return below(customer, len(standings), lambda each: [standing(each) for standing in standings])


@formula
def MIGRATION(
    before: Any = None,
    after: Any = None,
    show: Any = "customers",
    invoices: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    return matrix(_all(invoices, payments, orders, customers, rules, config), before, after, show)


@formula
def EXPLAIN(
    customer: Any,
    metric: Any,
    invoices: Any = None,
    as_of: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    name = metric_named(metric)
    reading = _all(invoices, payments, orders, customers, rules, config)
    return explanation(reading, _only(customer), name, as_of)


def _only(customer: Ids) -> str:
    """The id, where only one is asked about."""
    ids = customer.column
    if len(ids) != 1 or not ids[0]:
        raise ArgumentError("EXPLAIN", "customer is not a single id", "explain one customer at a time")
    if isinstance(ids[0], CellError):
        raise ErrorAnswer(ids[0])
    return ids[0]


@formula
def DSO(invoices: Any = None, as_of: Any = None, window: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return number(reading.book.at(reading.day(as_of), window).figure("dso"))


@formula
def DSO_BEST(invoices: Any = None, as_of: Any = None, window: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return number(reading.book.at(reading.day(as_of), window).figure("dso_best"))


@formula
def DSO_COUNTBACK(invoices: Any = None, as_of: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    return number(reading.book.at(reading.day(as_of)).figure("dso_countback"))


@formula
def CEI(invoices: Any = None, as_of: Any = None, since: Any = None, payments: Any = None, customers: Any = None, config: Any = None) -> Answer:
    reading = _paid(invoices, payments, customers, config)
    day = reading.day(as_of)
    if since is not None and since >= day:
        raise ErrorAnswer(BAD_NUMBER, "CEI", "since is not before as_of", "change the days")
    return number(reading.book.at(day).figure("collection_effectiveness", since))


@formula
def CASH_ACCELERATED(amount_per_period: Any, days_saved: Any, days_in_period: Any = 30.0) -> Answer:
    return elementwise(lambda *given: number(money.cash_accelerated(*given)), amount_per_period, days_saved, days_in_period)


@formula
def WORKING_CAPITAL_BENEFIT(cash: Any, annual_rate: Any, days: Any = 365.0) -> Answer:
    return elementwise(lambda *given: number(money.working_capital_benefit(*given)), cash, annual_rate, days)


@formula
def FINANCE_COST_SHARE(cost: Any, revenue: Any) -> Answer:
    return elementwise(lambda *given: number(money.finance_cost_share(*given)), cost, revenue)


@formula
def DISCOUNT_APR(discount: Any, discount_days: Any, net_days: Any) -> Answer:
    return elementwise(lambda *given: number(money.discount_apr(*given)), discount, discount_days, net_days)


@formula
def XLSEG_CHECK(
    invoices: Any = None,
    as_of: Any = None,
    payments: Any = None,
    orders: Any = None,
    customers: Any = None,
    rules: Any = None,
    config: Any = None,
) -> Answer:
    try:
        reading = _all(invoices, payments, orders, customers, rules, config)
        analysis = reading.analysis(as_of)
    except XlsegError as error:
        return str(error)
    ledger, known = analysis.ledger, int(analysis.standing["known"].sum())
    found = f"{known:,} customers, {len(ledger.invoices):,} invoices, {len(ledger.payments):,} payments, {len(ledger.orders):,} orders"
    return f"as of {analysis.as_of.isoformat()}: {found}"


@formula
def XLSEG_VERSION() -> Answer:
    return __version__
