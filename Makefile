# make demo   a fresh machine: sets up, makes a believable ERP workbook, refreshes it, says what happened and where the file is
# make test   sets up, runs the whole test suite
# make bench  how long a refresh takes, against what a user would do otherwise; whether the segments mean anything; how good the cash forecast is; invoices in a parquet file
# make kills  a thousand kills while a workbook is saved: always the whole old file or the whole new one
# make fuzz   whatever the readers are fed, hundreds of times as many examples as in the suite: half an hour
# make template  workbook_template.xlsm anew, from its sources in xlseg/addin
# make audit  known vulnerabilities of what is installed
# make check  what CI runs: format, lint, types, tests, wheel
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo bench kills fuzz template test check lint wheel clean

$(BIN)/.python: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "xlseg needs Python 3.11 or newer; try: make PYTHON=python3.13")'
	@echo "Setting up $(VENV), about a minute …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(BIN)/.installed: $(BIN)/.python
	@$(BIN)/python -m pip install --quiet --group test --group lint
	@touch $@

demo: $(BIN)/.python
	@rm -f demo.xlsx
	@$(BIN)/xlseg demo demo.xlsx
	@$(BIN)/xlseg refresh demo.xlsx --as-of 2026-10-31
	@echo "The workbook is $(CURDIR)/demo.xlsx: look at Segments, Movers, Migration and Data Quality."

bench: $(BIN)/.installed
	$(BIN)/python benchmarks/refresh.py
	$(BIN)/python benchmarks/morning.py
	$(BIN)/python benchmarks/formulas.py
	$(BIN)/python benchmarks/meaning.py
	$(BIN)/python benchmarks/forecast.py
	$(BIN)/python benchmarks/parquet.py

kills: $(BIN)/.installed
	$(BIN)/python tests/kills.py --kills 1000

fuzz: $(BIN)/.installed
	XLSEG_FUZZ=100 $(BIN)/python -m pytest tests/test_fuzz.py

template: $(BIN)/.installed
	$(BIN)/python -m xlseg.addin.template

audit: $(BIN)/.python
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --skip-editable

test: $(BIN)/.installed
	$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

lint: $(BIN)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The wheel alone, in a clean environment: no dev packages, no xlwings.
wheel: $(BIN)/.installed
	rm -rf dist $(VENV)-wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet dist/*.whl
	cd dist && rm -f sample.xlsx && ../$(VENV)-wheel/bin/xlseg --version && ../$(VENV)-wheel/bin/xlseg demo sample.xlsx --customers 20 \
		&& ../$(VENV)-wheel/bin/xlseg refresh sample.xlsx --as-of 2026-10-31 \
		&& rm -f book.xlsm && ../$(VENV)-wheel/bin/xlseg new book.xlsm && cmp book.xlsm ../workbook_template.xlsm

check: lint wheel test

clean:
	rm -rf $(VENV) $(VENV)-wheel dist demo.xlsx
