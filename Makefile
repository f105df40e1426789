# `make` lists the targets. Everything is installed into $(VENV), nothing outside of it.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
ARGS ?=
MINUTES ?= 60

BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
BENCHMARKS := $(sort $(wildcard benchmarks/bench_*.py))

.DEFAULT_GOAL := help
.PHONY: frameworks help kite-day kite-scenarios kite-client-suite demo test check format-check lint types imports docs site site-serve scripts format bench bench-peers soak soak-kills install-test full-install-test constraints clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Variables: PYTHON=python3.12 (3.11 or later), ARGS='-k broker' (to pytest), WORKERS=2, MINUTES=60, NO_UV=1"

demo: $(VENV)/.installed-demo ## Install what is needed and run a backtest on packaged prices
	@$(BIN)/friday run --profile demo

test: $(VENV)/.installed-dev ## Run all tests
	@$(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

check: format-check lint types imports scripts docs ## Check everything but the tests: format, lint, types, imports, scripts, documents

format-check: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check .

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy
	@$(BIN)/mypy containers.py

imports: $(VENV)/.installed-dev
	@$(BIN)/lint-imports --no-logo

scripts:
	@for script in tools/*.sh; do sh -n "$$script" || exit 1; done
	@bash -n .ci/run

docs: $(VENV)/.installed-dev ## Test what the documents say: examples run, names and tables agree with the code
	@$(PYTEST) tests/docs -n $(WORKERS) $(ARGS)

site: $(VENV)/.installed-dev ## Build the documents as a site with search, into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open site/index.html"

site-serve: $(VENV)/.installed-dev ## Show the site at http://127.0.0.1:8000/ and build it anew as you write
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

format: $(VENV)/.installed-dev ## Format and sort imports
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed-dev ## Run the benchmarks
	@for one in $(BENCHMARKS); do $(BIN)/python "$$one" || exit 1; done

bench-peers: $(VENV)/.installed-dev ## Measure Friday against vectorbt, backtesting.py, bt, nautilus_trader and backtrader (needs the index)
	@$(BIN)/python benchmarks/peers/compare.py $(ARGS)

soak: $(VENV)/.installed-dev ## Compare the compiled executor with plain Python on random programs for MINUTES=60
	@$(BIN)/python tools/soak.py --minutes $(MINUTES)

soak-kills: $(VENV)/.installed-dev ## Kill sessions at random instants until KILLS=10000 are counted
	@$(BIN)/python tools/soak_kills.py --kills $(or $(KILLS),10000)

kite-scenarios: $(VENV)/.installed-dev ## Let a careful and a naive trader meet every scenario of the Kite sandbox, at full length
	@$(BIN)/python tools/kite_scenarios.py $(ARGS)

kite-day: $(VENV)/.installed-dev ## Play a whole day of Friday at the Kite sandbox, with all that goes wrong, and measure it (seven minutes)
	@$(BIN)/python tools/kite_day.py $(ARGS)

kite-client-suite: $(VENV)/.installed-dev ## Run the official client's own tests, in CHECKOUT=path/to/pykiteconnect, on the Kite sandbox
	@$(BIN)/python tools/kite_client_suite.py $(CHECKOUT) $(ARGS)

install-test: $(VENV)/.installed-dev ## Run only the tests that build wheels and environments
	@$(PYTEST) -m install $(ARGS)

full-install-test: $(VENV)/.installed-dev ## Install the wheel and its dependencies from the package index into a new environment, and run it
	@PYTHON='$(PYTHON)' VENV='$(VENV)' sh tools/full_install_test.sh

frameworks: $(VENV)/.installed-dev ## Run docs/from_other_frameworks.md in backtesting.py, backtrader, vectorbt and zipline, and compare (needs the index)
	@$(BIN)/python tools/frameworks/compare.py

constraints: ## Pin all dependencies anew in constraints.txt, for every supported Python (needs uv)
	@sh tools/constraints.sh

clean: ## Remove the environment, caches and builds; runs are kept
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed-%: pyproject.toml constraints.txt tools/environment.sh
	@PYTHON='$(PYTHON)' VENV='$(VENV)' sh tools/environment.sh $*
