# Needs python3 (3.11 or newer, with venv) and make; everything else is installed into .venv from hashed locks.

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
VIEWER := src/calcidect/review/static/niivue/niivue.js
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint lock clean

demo: .venv/demo.stamp ## simulate a hand, analyse it, score it
	$(BIN)/calcidect demo

test: lint ## everything that must pass before a change is kept
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: ## resolve the locks anew; keep both, they are installed by hash
	$(UV) pip compile pyproject.toml --extra phantom --group build $(LOCK) -o requirements/demo.txt
	$(UV) pip compile pyproject.toml --extra phantom --extra cohort --extra review --group dev -c requirements/demo.txt $(LOCK) -o requirements/dev.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

clean:
	rm -rf .venv demo-output build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "calcidect needs Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# dev.txt holds all of demo.txt in the same versions, so either order of `make demo` and `make test` works.
.venv/%.stamp: requirements/%.txt pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes --no-deps -r $<
	$(PIP) install --no-build-isolation --no-deps -e .
	@test -e $(VIEWER) || echo "npm's registry was not reached: the page of 'calcidect review' will show no images. All else works." >&2
	touch $@
