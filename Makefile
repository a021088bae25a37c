# make run | test | bench | lint | fuzz; each sets up first what is missing.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# Tests often wait for a process or a terminal: one more than can run.
WORKERS := $(shell expr $$(nproc) + 1)
STAMP := $(VENV)/.forkrepl-installed
SOURCES := pyproject.toml CMakeLists.txt $(shell find repl runtime platform_support \
	-name '*.cpp' -o -name '*.c' -o -name '*.h' -o -name '*.py' -o -name CMakeLists.txt)

.PHONY: setup run test bench lint fuzz clean

setup: $(STAMP)

$(STAMP): .ci/setup $(SOURCES)
	PYTHON=$(PYTHON) VENV=$(VENV) .ci/setup
	@touch $@

run: setup
	@$(BIN)/forkrepl $(ARGS)

test: setup
	.ci/setup --for-tests
	$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile $(ARGS)

bench: setup
	$(BIN)/python -m tests.benchmarks.run $(ARGS)

fuzz: setup
	.ci/setup --for-tests
	$(BIN)/python -m tests.fuzz $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/lint-imports --no-logo

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
