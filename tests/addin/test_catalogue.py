"""The records of the formulas: what wrappers, wizards and documentation are made of."""

import re
import subprocess
import sys

import pytest

from xlseg.addin.catalogue import BY_NAME, FORMULAS
from xlseg.addin.formula import LONGEST_HELP, Formula

# The catalogue of the add-in, as it was ordered; XLSEG_CHECK says what an error value cannot.
ORDERED = set(
    """PAYMENT_VELOCITY DAYS_TO_PAY PAYMENT_CONSISTENCY CONSISTENCY_RATING PAYMENT_INDEX LATE_SHARE PAYMENT_TREND EXPECTED_DAYS_LATE
    OPEN_BALANCE PAST_DUE OLDEST_PAST_DUE AGING ORDER_FREQUENCY ORDER_FREQUENCY_CHANGE ORDER_VALUE_TREND AVERAGE_ORDER_VALUE
    DAYS_SINCE_LAST_ORDER RECENCY_RATIO SEASONAL_INDEX SEGMENT SEGMENT_RISK SEGMENT_WHY SEGMENT_ALSO SEGMENT_AT MIGRATION DSO DSO_BEST
    DSO_COUNTBACK CEI CASH_ACCELERATED WORKING_CAPITAL_BENEFIT FINANCE_COST_SHARE DISCOUNT_APR EXPLAIN XLSEG_VERSION XLSEG_CHECK""".split()  # noqa: SIM905
)

# Words that cannot name a parameter in VBA, or in the interface language of LibreOffice.
RESERVED = set(
    """and as any boolean byref byte byval call case char close const currency date debug dim do double each else empty end enum eqv erase error event
    exit false for friend function get global gosub goto hyper if imp implements in inout input interface is kill let like line lock long loop lset me
    mid mod module name new next not nothing null object octet on open option optional or out paramarray preserve print private property public put
    raise redim rem resume return rset seek select sequence set service short single static step stop string struct sub text then to true type
    typedef union unlock unsigned until void wend while width with write xor caller vba""".split()  # noqa: SIM905
)


def test_the_catalogue_is_complete() -> None:
    assert set(BY_NAME) == ORDERED
    assert len(FORMULAS) == len(BY_NAME)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_every_text_fits_the_function_wizard(formula: Formula) -> None:
    for text in (formula.help, *(argument.help for argument in formula.arguments)):
        assert 20 <= len(text) <= LONGEST_HELP
        assert "\n" not in text
    # The wizard shows the ANSI code page of the user's Excel: texts keep to ASCII.
    assert all(text.isascii() for text in (formula.help, *(argument.help for argument in formula.arguments)))


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_no_name_is_a_cell_or_a_reserved_word(formula: Formula) -> None:
    assert not re.fullmatch(r"[A-Z]{1,3}\d+|R\d*C\d*", formula.name)
    names = [argument.name for argument in formula.arguments]
    assert len(names) == len(set(names))
    assert not RESERVED & set(names)
    assert all(re.fullmatch(r"[a-z][a-z_]*", name) for name in names)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_what_may_be_left_out_comes_last(formula: Formula) -> None:
    optional = [argument.optional for argument in formula.arguments]
    assert optional == sorted(optional)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_an_example_uses_its_formula_with_as_many_arguments_as_there_are(formula: Formula) -> None:
    for example in formula.examples:
        assert example.formula.startswith(f"={formula.name}(")
        inner = re.sub(r"\w+\([^()]*\)|\"[^\"]*\"", "x", example.formula[len(formula.name) + 2 : -1])
        given = inner.count(",") + 1 if inner.strip() else 0
        assert len(formula.required) <= given <= len(formula.arguments)


def test_the_records_need_nothing_but_python() -> None:
    program = "import sys, xlseg.addin.catalogue; sys.exit(bool({'numpy', 'pandas', 'narwhals', 'lxml', 'xlwings'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
