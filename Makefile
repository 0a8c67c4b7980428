# make run    sets everything up and starts Blotter's demo on http://localhost:8000
# make test   sets everything up and runs lint and the whole test suite
# The virtual environment is .venv, or, as root, a folder below /opt/blotter (see records/setup/setup.sh).

SHELL = /bin/sh
SETUP = sh records/setup/setup.sh
BIN = "$$($(SETUP) where)"/bin
CODE = hub_config:extension:kernel_guard:instrument:records

.DEFAULT_GOAL = help
.PHONY: help setup setup-test run test lint bench docs lock clean

help:
	@sed -n 's/^# make/make/p' Makefile

setup:
	@$(SETUP) run

setup-test:
	@$(SETUP) test

run: setup
	@exec $(BIN)/python -I -m blotter_records.cli up --demo $(ARGS)

# ARGS narrows the run: make test ARGS=tests/unit
test: lint
	@exec $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(or $(ARGS),--ignore=tests/benchmarks)

lint: setup-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python -m mypy --no-error-summary
	@said=$$(PYTHONPATH=$(CODE) $(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }
	@$(BIN)/python -I -m blotter_records.cli docs --into docs --check >/dev/null

bench: setup-test
	@mkdir -p build
	@exec $(BIN)/python -m pytest -q -s tests/benchmarks

docs: setup-test
	@exec $(BIN)/python -I -m blotter_records.cli docs --into docs

# Writes what pyproject.toml asks for; keeps versions that still fit (ARGS=--upgrade: takes the newest).
# --universal covers every platform and every Python from 3.11 on.
COMPILE = uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --no-emit-index-url --no-emit-find-links --no-config $(ARGS)
lock:
	@[ -x "$$($(SETUP) where)/bin/python" ] || $(SETUP) run
	@PATH="$$($(SETUP) tools)/bin:$$PATH"; export PATH; set -e; \
	$(COMPILE) --group build -o requirements-build.lock; \
	$(COMPILE) pyproject.toml -o requirements.lock; \
	$(COMPILE) pyproject.toml --group test --group lint -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
