# make run | test | bench | lint | fuzz; each sets up first what is missing.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# Tests often wait for a process or a terminal: one more than can run.
WORKERS := $(shell expr $$(nproc) + 1)
PACKAGES := repl runtime platform_support
# What the installation is made of. It is editable, so Python's sources are used where
# they are: a change of theirs has only their bytecode compiled.
INSTALLED := $(VENV)/.forkrepl-installed
NATIVE := pyproject.toml requirements-tested.txt CMakeLists.txt $(shell find $(PACKAGES) \
	-name '*.cpp' -o -name '*.c' -o -name '*.h' -o -name CMakeLists.txt)
COMPILED := $(VENV)/.forkrepl-compiled
SOURCES := $(shell find $(PACKAGES) tests -name '*.py')
# The native parts again, for their warnings only.
CHECKED := build/checked

.PHONY: setup run test bench lint fuzz clean

setup: $(INSTALLED) $(COMPILED)

$(INSTALLED): .ci/setup $(NATIVE)
	PYTHON=$(PYTHON) VENV=$(VENV) .ci/setup
	@touch $@

# Or each start would compile them, where PYTHONDONTWRITEBYTECODE is set or others own them.
$(COMPILED): $(INSTALLED) $(SOURCES)
	@$(BIN)/python -m compileall -q $(PACKAGES) tests
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

# What is quick and often wrong comes first.
lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/cmake -S . -B $(CHECKED) -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja \
		-DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++ -DCMAKE_C_FLAGS=-fanalyzer \
		-DCMAKE_COMPILE_WARNING_AS_ERROR=ON --log-level=NOTICE
	$(BIN)/cmake --build $(CHECKED)

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
