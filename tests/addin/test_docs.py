"""The documentation is what the records say."""

from pathlib import Path

from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.docs import BEGIN, END, functions_page, readme_table

ROOT = Path(__file__).parents[2]
ADVICE = "run `python -m xlseg.addin.docs`"


def test_the_page_of_the_formulas_is_current() -> None:
    assert (ROOT / "docs" / "functions.md").read_text(encoding="utf-8") == functions_page(), ADVICE


def test_the_table_in_the_readme_is_current() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme[readme.index(BEGIN) + len(BEGIN) : readme.index(END)].strip() == readme_table(), ADVICE


def test_every_metric_of_a_formula_and_every_option_is_defined() -> None:
    metrics = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    headings = {name.strip() for line in metrics.splitlines() if line.startswith("### ") for name in line[4:].split(",")}
    assert {name.strip() for formula in FORMULAS if formula.metric for name in formula.metric.split(",")} <= headings
    options = metrics[metrics.index("## Options of the formulas") :]
    chosen = {choice for formula in FORMULAS for argument in formula.arguments for choice in argument.choices if argument.name != "show"}
    assert {choice for choice in chosen if f'"{choice}"' not in options} == {"count", "sd", "change", "least-squares"}  # the metrics themselves
