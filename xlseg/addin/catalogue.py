"""Every formula, as a record: from these the wrappers, the function wizards and the documentation are generated."""

from __future__ import annotations

from dataclasses import replace

from xlseg.addin.formula import Argument, Example, Formula, Sheet

# ── the arguments that many formulas share ───────────────────────────────────

CUSTOMER = Argument("customer", "Customer id, as in the column Customer ID; or a column of ids, beside which the answers spill.", "customers", False)


def _table(sheet: Sheet, title: str, table: str, other: str = "") -> Argument:
    text = f"{title} with their heading row, such as {table}[#All]. Left out: that sheet of this workbook{other}."
    return Argument(sheet, text, "table", sheet=sheet)


INVOICES = _table("invoices", "The invoices", "Invoices")
PAYMENTS = _table("payments", "The payments", "Payments", ", if it has one")
ORDERS = _table("orders", "The sales orders", "SalesOrders", ", or else the invoices")
CUSTOMERS = _table("customers", "The customers", "Customers", ", if it has one")
RULES = _table("rules", "The segment rules", "tblRules", ", or else the default rules")
CONFIG = _table("config", "The settings", "tblConfig", ", or else the defaults")

AS_OF = Argument(
    "as_of", "Day on which the book is looked at: only what was known then counts. Left out: As of on the Config sheet, else today.", "date"
)
WINDOW = Argument("window", "How many days back payments and orders count, such as 365. Left out: Window on the Config sheet.", "window")
WEIGHT = Argument(
    "weight", '"count": every invoice weighs the same. "amount": a large invoice weighs more.', "choice", True, "count", ("count", "amount")
)
OPEN_ITEMS = Argument(
    "open_items",
    'Unpaid invoices: "known" counts those past due with their days late so far, "exclude" leaves them out, "km" estimates when they will be paid '
    "(Kaplan-Meier).",
    "choice",
    True,
    "known",
    ("known", "exclude", "km"),
)
STATISTIC = Argument("statistic", '"mean", or "median", which a single extreme value does not move.', "choice", True, "mean", ("mean", "median"))
SCATTER = Argument(
    "method",
    '"sd": standard deviation. "mad": 1.4826 times the median absolute deviation, which a few outliers do not move.',
    "choice",
    True,
    "sd",
    ("sd", "mad"),
)

# ── errors ───────────────────────────────────────────────────────────────────

_UNKNOWN = "there is no such customer, or nothing of him is known on that day"
_BAD = "an argument is not what it should be, a column is missing, or the sheets cannot be read; XLSEG_CHECK says which"
_NA, _VALUE, _NUM = "#N/A", "#VALUE!", "#NUM!"


def _errors(too_little: str) -> tuple[tuple[str, str], ...]:
    return ((_NA, f"{_UNKNOWN}; {too_little}" if too_little else _UNKNOWN), (_VALUE, _BAD))


_NO_EVENTS = "he has no payment events in the window"
_NEVER_ORDERED = "he never ordered"


def _payment(
    name: str,
    text: str,
    unit: str,
    metric: str,
    *options: Argument,
    example: str,
    answer: str,
    more: tuple[Example, ...] = (),
    too_little: str = _NO_EVENTS,
) -> Formula:
    """A formula over a customer's invoices and what was paid on them."""
    arguments = (CUSTOMER, INVOICES, AS_OF, WINDOW, *options, PAYMENTS, CUSTOMERS, CONFIG)
    return Formula(name, text, "Payment behaviour", arguments, unit, (Example(example, answer), *more), _errors(too_little), metric=metric)


_PAYMENT = (
    _payment(
        "PAYMENT_VELOCITY",
        "Mean days late over a customer's payment events in the window: his average days to pay against terms. Late is positive, early negative.",
        "days",
        "payment_velocity",
        WEIGHT,
        OPEN_ITEMS,
        STATISTIC,
        example="=PAYMENT_VELOCITY(A2)",
        answer="3.2: he pays 3.2 days late on average",
        more=(
            Example("=PAYMENT_VELOCITY(A2:A200, Invoices[#All])", "a number beside each of the 199 ids"),
            Example(
                '=PAYMENT_VELOCITY(A2, Invoices[#All], DATE(2026,9,30), 180, "amount")', "at the end of September, half a year, weighed by amount"
            ),
            Example('=PAYMENT_VELOCITY(A2, , , , , "km", "median")', "how late half of his invoices are paid, the unpaid ones allowed for"),
        ),
    ),
    _payment(
        "DAYS_TO_PAY",
        "Mean days from invoice to settlement over the invoices a customer settled in the window.",
        "days",
        "days_to_pay",
        WEIGHT,
        replace(OPEN_ITEMS, default="exclude", choices=("exclude", "known", "km"), help=OPEN_ITEMS.help.replace("days late", "days")),
        STATISTIC,
        example="=DAYS_TO_PAY(A2, Invoices[#All])",
        answer="41.5",
        too_little="he settled nothing in the window",
    ),
    _payment(
        "PAYMENT_CONSISTENCY",
        "How much a customer's days late scatter: their standard deviation. Small is predictable.",
        "days",
        "payment_consistency",
        SCATTER,
        example="=PAYMENT_CONSISTENCY(A2, Invoices[#All])",
        answer="6.4",
        too_little="he has fewer than 3 payment events in the window",
    ),
    _payment(
        "CONSISTENCY_RATING",
        "Letter for a customer's payment consistency: A within 3 days, B within 7, C within 14, D within 30, E above.",
        "letter",
        "consistency_rating",
        SCATTER,
        example="=CONSISTENCY_RATING(A2, Invoices[#All])",
        answer="B",
        too_little="he has fewer than 3 payment events in the window",
    ),
    _payment(
        "PAYMENT_INDEX",
        "Amount-weighted payment score from 1 to 100: 80 is on time, 70 is 15 days late, 50 is 30 days late, 40 is 60 days late.",
        "score",
        "payment_index",
        example="=PAYMENT_INDEX(A2, Invoices[#All])",
        answer="76.1",
    ),
    _payment(
        "LATE_SHARE",
        "Share of a customer's payment events that are later than the grace days.",
        "share",
        "late_share",
        Argument("grace", "Days late that do not count as late (bank processing). Left out: Grace on the Config sheet.", "number"),
        example="=LATE_SHARE(A2, Invoices[#All])",
        answer="0.35: format the cell as a percentage",
    ),
    _payment(
        "PAYMENT_TREND",
        "Whether a customer pays slower than before: mean days late in the recent window less the mean of the earlier events. Slower is positive.",
        "days (theil-sen: days a month)",
        "velocity_change",
        Argument(
            "method",
            '"change": recent mean less earlier mean, in days. "theil-sen": median slope of days late over the due dates, in days a month, '
            "which outliers do not move.",
            "choice",
            True,
            "change",
            ("change", "theil-sen"),
        ),
        example="=PAYMENT_TREND(A2, Invoices[#All])",
        answer="4.0: four days slower of late",
        too_little="the recent or the earlier events are fewer than 2 (theil-sen: fewer than 4 events, or all due on one day)",
    ),
    _payment(
        "EXPECTED_DAYS_LATE",
        "Mean days late, drawn towards the mean of the whole book when a customer has few payment events. Made for ranking.",
        "days",
        "expected_days_late",
        example="=EXPECTED_DAYS_LATE(A2:A200, Invoices[#All])",
        answer="a number beside each id",
    ),
)


def _receivable(name: str, text: str, unit: str, metric: str, example: str, answer: str, too_little: str = "") -> Formula:
    """A formula over what a customer owes."""
    arguments = (CUSTOMER, INVOICES, AS_OF, PAYMENTS, CUSTOMERS, CONFIG)
    return Formula(name, text, "Receivables", arguments, unit, (Example(example, answer),), _errors(too_little), metric=metric)


_RECEIVABLES = (
    _receivable(
        "OPEN_BALANCE",
        "What a customer owes: his invoices and credit memos less what is applied to them.",
        "money",
        "open_balance",
        "=OPEN_BALANCE(A2, Invoices[#All])",
        "12,430.00",
    ),
    _receivable(
        "PAST_DUE",
        "The part of a customer's open balance that is past its due date.",
        "money",
        "past_due",
        "=PAST_DUE(A2, Invoices[#All])",
        "3,100.00",
    ),
    _receivable(
        "OLDEST_PAST_DUE",
        "How many days the oldest open invoice of a customer is past due.",
        "days",
        "oldest_past_due",
        "=OLDEST_PAST_DUE(A2, Invoices[#All])",
        "37",
        "none of his open invoices is past due",
    ),
    _receivable(
        "AGING",
        "A customer's open balance by days past due, five cells wide: current, 1-30, 31-60, 61-90, 91 and more. They add up to OPEN_BALANCE.",
        "money",
        "ageing_current, ageing_1_30, ageing_31_60, ageing_61_90, ageing_91_plus",
        "=AGING(A2:A200, Invoices[#All])",
        "five amounts beside each id",
    ),
)

ADJUSTED = Argument("adjusted", "TRUE: with the season of the book taken out. FALSE: as counted.", "flag", True, True)


def _order(
    name: str, text: str, unit: str, metric: str, *options: Argument, example: str, answer: str, window: bool = True, too_little: str = _NEVER_ORDERED
) -> Formula:
    """A formula over a customer's orders."""
    arguments = (CUSTOMER, ORDERS, AS_OF, *((WINDOW,) if window else ()), *options, INVOICES, CUSTOMERS, CONFIG)
    return Formula(name, text, "Order behaviour", arguments, unit, (Example(example, answer),), _errors(too_little), metric=metric)


_ORDERS = (
    _order(
        "ORDER_FREQUENCY",
        "How many orders a month a customer places, with the season of the book taken out.",
        "per month",
        "orders_per_month_sa",
        ADJUSTED,
        example="=ORDER_FREQUENCY(A2, SalesOrders[#All])",
        answer="2.4",
    ),
    _order(
        "ORDER_FREQUENCY_CHANGE",
        "Seasonally adjusted order rate of the last 90 days against the rest of the window: -0.25 is a quarter fewer.",
        "share",
        "frequency_change",
        example="=ORDER_FREQUENCY_CHANGE(A2, SalesOrders[#All])",
        answer="-0.31: format the cell as a percentage",
        too_little="the time before the last 90 days is shorter than 90 days or without orders",
    ),
    _order(
        "ORDER_VALUE_TREND",
        "How fast the value of a customer's orders grows: share a month, from the slope of the logarithm of the amounts.",
        "share a month",
        "order_value_trend",
        Argument(
            "method",
            '"least-squares": the usual straight line. "theil-sen": the median slope, which a few unusual orders do not move.',
            "choice",
            True,
            "least-squares",
            ("least-squares", "theil-sen"),
        ),
        example="=ORDER_VALUE_TREND(A2, SalesOrders[#All])",
        answer="-0.02: two percent less a month",
        too_little="he has fewer than 4 orders in the window, or all on one day",
    ),
    _order(
        "AVERAGE_ORDER_VALUE",
        "Mean amount of a customer's orders in the window.",
        "money",
        "average_order_value",
        STATISTIC,
        example="=AVERAGE_ORDER_VALUE(A2, SalesOrders[#All])",
        answer="1,875.50",
        too_little="he has no orders in the window",
    ),
    _order(
        "DAYS_SINCE_LAST_ORDER",
        "Days since a customer's last order.",
        "days",
        "days_since_last_order",
        example="=DAYS_SINCE_LAST_ORDER(A2, SalesOrders[#All])",
        answer="19",
        window=False,
    ),
    _order(
        "RECENCY_RATIO",
        "Days since a customer's last order in units of his typical gap between orders: above 2 he is overdue, above 3 he is probably gone.",
        "ratio",
        "recency_ratio",
        example="=RECENCY_RATIO(A2, SalesOrders[#All])",
        answer="1.3",
        window=False,
    ),
    Formula(
        "SEASONAL_INDEX",
        "The book's seasonal factor of a month: 1.2 means a fifth more orders than in an average month. 1 when there are fewer than 24 months.",
        "Order behaviour",
        (
            Argument("month", "Month 1 to 12, or a date, or a column of them. Left out: the month of the as-of date.", "months"),
            ORDERS,
            AS_OF,
            INVOICES,
            CUSTOMERS,
            CONFIG,
        ),
        "ratio",
        (Example("=SEASONAL_INDEX(12, SalesOrders[#All])", "1.18"), Example("=SEASONAL_INDEX(SEQUENCE(12))", "the twelve factors")),
        ((_VALUE, _BAD),),
        metric="seasonal_index",
    ),
)

_SEGMENT_DATA = (INVOICES, AS_OF, PAYMENTS, ORDERS, CUSTOMERS, RULES, CONFIG)
_DATA = tuple(argument for argument in _SEGMENT_DATA if argument is not AS_OF)


def _segment(name: str, text: str, unit: str, example: str, answer: str, too_little: str = "") -> Formula:
    """A formula over a customer's segment."""
    return Formula(name, text, "Segments", (CUSTOMER, *_SEGMENT_DATA), unit, (Example(example, answer),), _errors(too_little))


_SEGMENTS = (
    _segment(
        "SEGMENT",
        "A customer's confirmed segment by the rules, as on the Segments tab.",
        "text",
        "=SEGMENT(A2)",
        "At-Risk",
    ),
    _segment(
        "SEGMENT_RISK",
        "Risk of a customer's segment, from 1 (best) to 9 (worst).",
        "risk",
        "=SEGMENT_RISK(A2:A200)",
        "a number beside each id",
        "his segment has no risk",
    ),
    _segment(
        "SEGMENT_WHY",
        "The sentence that says why a customer has his segment today: the criteria with his values, and the edge he is nearest to.",
        "text",
        "=SEGMENT_WHY(A2)",
        "Slow Payer: n_paid 12 (>=4), payment_velocity 9.3 (>5). Nearest edge: …",
    ),
    _segment(
        "SEGMENT_ALSO",
        "The other segments whose rules a customer meets, with commas between them; an empty text when there is none.",
        "text",
        "=SEGMENT_ALSO(A2)",
        "Slow Payer, High Engagement",
    ),
    Formula(
        "SEGMENT_AT",
        "The segment a customer had on a past day, by today's rules and by what was known on that day.",
        "Segments",
        (CUSTOMER, Argument("on_date", "The day; or a row of days, below which the answers spill.", "dates", False), *_DATA),
        "text",
        (Example("=SEGMENT_AT(A2, DATE(2026,6,30))", "Standard"), Example("=SEGMENT_AT(A2:A200, C1:H1)", "a column for each of the six days")),
        _errors("he was not known then"),
    ),
    Formula(
        "MIGRATION",
        "The migration matrix between two days: segments before down, segments after across, with New, Gone and totals.",
        "Segments",
        (
            Argument("before", "The earlier day. Left out: the last month-end before the later one.", "date"),
            Argument("after", "The later day. Left out: As of on the Config sheet, else today.", "date"),
            Argument(
                "show",
                '"customers": how many. "share": of each row. "balance": open balance after the move.',
                "choice",
                True,
                "customers",
                ("customers", "share", "balance"),
            ),
            *_DATA,
        ),
        "customers",
        (
            Example("=MIGRATION(DATE(2026,9,30), DATE(2026,10,31))", "the matrix with headings"),
            Example('=MIGRATION(, , "share")', "the last month, as shares"),
        ),
        ((_VALUE, _BAD), (_NUM, "the earlier day is not before the later one")),
    ),
    Formula(
        "EXPLAIN",
        "The documents behind a customer's number, below their headings; the last row is the number.",
        "Segments",
        (
            CUSTOMER,
            Argument(
                "metric", 'Name of a metric such as "payment_velocity", "open_balance" or "orders", or of a formula; or "segment".', "text", False
            ),
            *_SEGMENT_DATA,
        ),
        "rows",
        (Example('=EXPLAIN(A2, "payment_velocity")', "invoices with due date, settled date and days late; at the end their mean"),),
        (*_errors(""), (_NUM, "the number has no documents of its own, such as a figure of the whole book")),
    ),
)


def _book(name: str, text: str, unit: str, metric: str, example: str, answer: str, too_little: str, *options: Argument) -> Formula:
    """A figure of the whole book."""
    arguments = (INVOICES, AS_OF, *options, PAYMENTS, CUSTOMERS, CONFIG)
    return Formula(name, text, "Book figures", arguments, unit, (Example(example, answer),), ((_NUM, too_little), (_VALUE, _BAD)), False, metric)


_NO_SALES = "nothing was invoiced in the window"
_BOOK = (
    _book(
        "DSO",
        "Days sales outstanding of the whole book: open balance divided by the sales of the window, times its days.",
        "days",
        "dso",
        "=DSO(Invoices[#All])",
        "46.2",
        _NO_SALES,
        WINDOW,
    ),
    _book(
        "DSO_BEST",
        "Best possible days sales outstanding: the same on what is not past due.",
        "days",
        "dso_best",
        "=DSO_BEST(Invoices[#All])",
        "31.0",
        _NO_SALES,
        WINDOW,
    ),
    _book(
        "DSO_COUNTBACK",
        "Days sales outstanding by counting back: how many days of sales, month by month backwards, the open balance covers.",
        "days",
        "dso_countback",
        "=DSO_COUNTBACK(Invoices[#All])",
        "43.7",
        "the sales of the ledger do not cover what is open",
    ),
    _book(
        "CEI",
        "Collection effectiveness: the share of what could be collected since a day that was collected.",
        "share",
        "collection_effectiveness",
        "=CEI(Invoices[#All])",
        "0.91: format the cell as a percentage",
        "nothing could be collected",
        Argument("since", "The earlier day. Left out: the last month-end before the as-of date.", "date"),
    ),
)


def _amount(name: str, text: str, optional: bool = False, default: float | None = None) -> Argument:
    return Argument(name, text, "numbers", optional, default)


def _value(name: str, text: str, unit: str, example: str, answer: str, undefined: str, *arguments: Argument) -> Formula:
    """What time is worth in money; nothing is read from the workbook."""
    errors = ((_VALUE, "an argument is not a number"), *(((_NUM, undefined),) if undefined else ()))
    return Formula(name, text, "Money value of timing", arguments, unit, (Example(example, answer),), errors)


_VALUES = (
    _value(
        "CASH_ACCELERATED",
        "Cash released once when a steady stream of receipts comes sooner: amount a period x days saved / days in the period.",
        "money",
        "=CASH_ACCELERATED(1200000, 12, 30)",
        "480,000",
        "the period has no days",
        _amount("amount_per_period", "Receipts in a period, or a column of them."),
        _amount("days_saved", "How many days sooner they come."),
        _amount("days_in_period", "Days of the period. Left out: 30.", True, 30.0),
    ),
    _value(
        "WORKING_CAPITAL_BENEFIT",
        "What released cash earns, or saves in interest: cash x yearly rate x days / 365.",
        "money",
        "=WORKING_CAPITAL_BENEFIT(480000, 8%)",
        "38,400",
        "",
        _amount("cash", "The cash, or a column of amounts."),
        _amount("annual_rate", "Yearly rate, such as 8% or 0.08."),
        _amount("days", "For how many days. Left out: 365.", True, 365.0),
    ),
    _value(
        "FINANCE_COST_SHARE",
        "Finance cost as a share of revenue.",
        "share",
        "=FINANCE_COST_SHARE(38400, 1200000)",
        "0.032",
        "there is no revenue",
        _amount("cost", "The finance cost, or a column of costs."),
        _amount("revenue", "The revenue of the same time."),
    ),
    _value(
        "DISCOUNT_APR",
        "Yearly rate that a customer earns by taking a cash discount: d / (1 - d) x 365 / (net days - discount days).",
        "share",
        "=DISCOUNT_APR(2%, 10, 30)",
        "0.372: 2/10 net 30 costs 37.2 % a year",
        "the discount is the whole price, or does not end before the net date",
        _amount("discount", "The discount as a share, such as 2% or 0.02; or a column of them."),
        _amount("discount_days", "Days within which the discount may be taken."),
        _amount("net_days", "Days within which the full price is due."),
    ),
)

_OWN = (
    Formula(
        "XLSEG_CHECK",
        "Says in one line whether the sheets can be read, and if not, what to do: \"Invoices: no column 'Due Date'. To go on, ...\".",
        "xlseg",
        (INVOICES, AS_OF, PAYMENTS, ORDERS, CUSTOMERS, RULES, CONFIG),
        "text",
        (Example("=XLSEG_CHECK(Invoices[#All])", "as of 2026-10-31: 502 customers, 21,440 invoices"),),
        (),
        False,
    ),
    Formula("XLSEG_VERSION", "Version of xlseg that answers the formulas.", "xlseg", (), "text", (Example("=XLSEG_VERSION()", "0.1.0"),), (), False),
)

FORMULAS: tuple[Formula, ...] = (*_PAYMENT, *_RECEIVABLES, *_ORDERS, *_SEGMENTS, *_BOOK, *_VALUES, *_OWN)
"""Every formula, by subject."""

BY_NAME: dict[str, Formula] = {formula.name: formula for formula in FORMULAS}
"""Every formula by its name."""
