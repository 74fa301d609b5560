# `make install` once, then `make demo` and `make test`. No compiler and no Node is needed.

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
TORCH := $(shell grep '^torch==' constraints.txt)

.PHONY: test check install demo bench

# Everything a change must pass.
test: check
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile

# The part of it that takes seconds.
check: $(INSTALLED)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(INSTALLED)

# Torch is named exactly and in the same command as what needs it: a resolver that meets it later,
# and unpinned, may pick another build of it.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  found=$$($(PYTHON) --version 2>&1) || found="not found"; \
	  echo "lowfloat needs Python 3.11 or newer: \`$(PYTHON)\` was $$found;" \
	    "use \`make PYTHON=python3.11 install\`." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --only-binary :all: --constraint constraints.txt \
	  $(TORCH) --editable '.[train,report,databento,dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/lowfloat demo

bench: $(INSTALLED)
	$(BIN)/python benchmarks/bench_step.py
