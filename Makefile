PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install -q --disable-pip-version-check
LOCK   := dev.lock
HELLO  := cassettes/hello.json
CAPITALS := cassettes/capitals
ANSWERS := $(VENV)/answers.jsonl
MODEL  := SmolLM2-135M-Instruct
PROMPT := What is the capital of France?

.PHONY: demo test lint bench docs dist lock clean

demo: $(VENV)/demo
	@echo
	@echo '$$ corechat chat --cassette $(HELLO) --model $(MODEL) "$(PROMPT)"'
	@echo
	@$(BIN)/corechat chat --details --cassette $(HELLO) --model $(MODEL) "$(PROMPT)" </dev/null
	@echo
	@echo '$$ corechat batch run $(CAPITALS).jsonl --cassette $(CAPITALS).json -o $(ANSWERS)'
	@echo
	@$(BIN)/corechat batch run --restart $(CAPITALS).jsonl --cassette $(CAPITALS).json -o $(ANSWERS)
	@echo
	@echo 'That was a real model, recorded, and answered offline. To ask a live one:'
	@echo
	@echo '  export GROQ_API_KEY=...            # https://console.groq.com/keys'
	@echo '  $(BIN)/corechat chat --model llama-3.3-70b-versatile "Explain fast inference in one line."'

# Tests wait more than they compute: four workers suit two cores. They start hundreds of processes,
# each of which would compile what Python was told not to keep.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/dev
	$(BIN)/python -m pytest -n 4 --dist loadfile

# All of docs/performance.md: ten minutes. PARTS="cpu threads" measures these only.
bench: export PYTHONDONTWRITEBYTECODE :=
bench: $(VENV)/dev
	$(BIN)/python tests/benchmarks/bench.py --peers $(VENV)/peers $(PARTS)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --quiet --persona pedantic .
	$(BIN)/mypy
	$(BIN)/basedpyright --pythonpath $(BIN)/python

# The pages, strictly: a broken link, or a docstring that cannot be read, is an error.
docs: $(VENV)/dev
	$(BIN)/python -m sphinx -q -W --keep-going -b dirhtml docs build/site
	@echo 'Open build/site/index.html.'

# The sdist, and the wheel that is built from it; the same source gives the same bytes.
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1700000000)
dist: $(VENV)/dev
	rm -rf dist
	$(BIN)/python -m build --no-isolation --quiet
	$(BIN)/python -m twine check --strict dist/*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'corechat needs Python 3.11 or newer: make PYTHON=python3.11 ...'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo: $(VENV)/bin/python pyproject.toml $(LOCK)
	$(PIP) -c $(LOCK) -e '.[cli]'
	@touch $@

$(VENV)/dev: $(VENV)/bin/python pyproject.toml $(LOCK)
	$(PIP) -r $(LOCK)
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

lock: $(VENV)/bin/python
	$(PIP) uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --extra dev --extra docs \
		--no-annotate --custom-compile-command 'make lock' -o $(LOCK) pyproject.toml

clean:
	rm -rf $(VENV) dist build
