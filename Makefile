# make demo | test | test-fast | check | dev | bench      (Linux, Python 3.11; nothing else prepared)
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.stamp
# A worker that died is not started again: pytest-xdist would then wait for its group for ever.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup --max-worker-restart=0
NO_PYTHON = '$(PYTHON)' is not Python 3.11 with venv. Install it (Debian 12: apt-get install python3.11-venv) or name it: make PYTHON=/path/to/python3.11
export DAGSTER_HOME := $(CURDIR)
.PHONY: demo test test-fast check dev bench

demo: $(READY)
	@$(BIN)/python -m assets

test: check
	$(PYTEST)

test-fast: $(READY)
	$(PYTEST) -m "not slow and not gpu"

check: $(READY)
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/pyright

dev: $(READY)
	$(BIN)/dagster instance info >/dev/null && VIRTUAL_ENV="$(CURDIR)/.venv" PATH="$(CURDIR)/$(BIN):$$PATH" dg dev --host 127.0.0.1

bench: $(READY)
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { echo "make: error: $(NO_PYTHON)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e ".[dev]"
	@touch $@
