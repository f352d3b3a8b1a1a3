# Two commands for a stranger: `make demo` and `make test`. Each sets up everything it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= .demo
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: setup demo test check bench soak clean lock

setup: $(VENV)/ready

# The lock is complete, so nothing is resolved at install time; `pip check` says if it were not.
$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "AgentRE needs Python 3.11 or newer; this is $$($(PYTHON) -V 2>&1)."; \
	    echo "  next:     make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing on this machine."; \
	    echo "  next:     sudo apt install python3-venv   (Debian, Ubuntu), then make $(MAKECMDGOALS)"; exit 2; }
	@echo "Installing the locked dependencies into $(VENV), about a minute ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@$(PIP) check >/dev/null
	@touch $@

# Where nobody can be asked (a pipe, CI) the demo answers its one question itself, recorded as approver `demo`.
demo: setup
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/agentre demo $(DEMO); else $(BIN)/agentre demo $(DEMO) --yes; fi

test: setup
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_rooms.py

bench: setup
	@$(BIN)/python -m tests.benchmarks

soak: setup
	@$(BIN)/python -m pytest -q -p no:cacheprovider --timeout=3600 tests/soak

# Resolves pyproject.toml anew; uv is needed for this alone.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate -q -o requirements.lock

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache *.egg-info build
