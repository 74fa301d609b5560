# `make install` once, then `make demo` and `make test`. No compiler and no Node is needed.

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
TORCH := $(shell grep '^torch==' constraints.txt)

.PHONY: test check install demo bench compare fuzz-ingest kill-ingest cluster

# Everything a change must pass.
test: check
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadgroup

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
	  $(TORCH) --editable '.[train,report,classify,databento,dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/lowfloat demo

bench: $(INSTALLED)
	$(BIN)/python benchmarks/bench_step.py
	$(BIN)/python benchmarks/bench_ingest.py
	$(BIN)/python benchmarks/bench_synth.py

# The kernels of the market against their plain-Python reference, over ten million seconds.
compare: $(INSTALLED)
	$(BIN)/python tests/contracts/compare_steps.py --steps 10000000 --processes $(WORKERS)

# Every cut and every flipped bit of the vendor's test files: half a million inputs.
fuzz-ingest: $(INSTALLED)
	$(BIN)/python tests/ingest/fuzz_dbn.py --all --processes 2

# An ingest that is killed 200 times and resumed.
kill-ingest: $(INSTALLED)
	LOWFLOAT_KILLS=200 $(BIN)/pytest tests/ingest/test_ingest_interrupted.py -k killed

# A Ray cluster of two nodes on this machine, one of which is lost on the way.
cluster: $(INSTALLED)
	$(BIN)/pip install --only-binary :all: --constraint constraints.txt --editable '.[cluster]'
	RAY_USAGE_STATS_ENABLED=0 PYTHONPATH=tests $(BIN)/python tests/fleet/two_nodes.py
	$(BIN)/pytest tests/fleet
