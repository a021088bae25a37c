# make run | jupyter | test | wheel | test-wheel | bench | lint | format | fuzz; each sets up first what is missing.
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
FORMATTED := $(shell find $(PACKAGES) -name '*.cpp' -o -name '*.c' -o -name '*.h' -o -name '*.hpp')
# The native parts in C again, for what gcc's analyser says of them.
CHECKED := build/checked

.PHONY: setup run jupyter test wheel test-wheel bench lint format fuzz clean

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

# JupyterLab with kernels for C++ and C; ARGS=NOTEBOOK opens one.
jupyter: setup
	.ci/setup --for-notebooks
	@$(BIN)/forkrepl kernel install --sys-prefix
	$(BIN)/jupyter lab $(ARGS)

test: setup
	.ci/setup --for-tests
	$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder $(ARGS)

# What pip installs on a machine without LLVM: dist/forkrepl-*.whl.
wheel: setup
	.ci/wheel

# That wheel in bare roots of Debian 12 and 13, which it takes some minutes to make.
test-wheel: wheel
	FORKREPL_TESTED_WHEEL=$$(ls dist/forkrepl-*.whl) \
		$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile tests/wheel $(ARGS)

bench: setup
	.ci/setup --for-notebooks
	$(BIN)/python -m tests.benchmarks.run $(ARGS)

fuzz: setup
	.ci/setup --for-tests
	$(BIN)/python -m tests.fuzz $(ARGS)

# What is quick and often wrong comes first.
lint: setup
	.ci/setup --for-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	clang-format-22 --dry-run -Werror $(FORMATTED)
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/cmake -S . -B $(CHECKED) -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja \
		-DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++ -DCMAKE_C_FLAGS=-fanalyzer \
		-DCMAKE_COMPILE_WARNING_AS_ERROR=ON --log-level=NOTICE
	$(BIN)/cmake --build $(CHECKED) --target forkrepl-executor

format: setup
	.ci/setup --for-lint
	$(BIN)/ruff format .
	clang-format-22 -i $(FORMATTED)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
