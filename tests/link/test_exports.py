"""Libraries that are opened later bind to what has been linked."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError
from runtime.linker.exported_symbols import ExportedSymbol, shared_object
from runtime.protocol.machine import OWN_MACHINE
from tests.support.program import Run
from tests.support.runtime import Program, compile_source, mappings, running_program

PLUGIN = """
extern int counter;
int callback(int);
int plugin_calls(int x) { return callback(x) + ++counter; }
"""


def make_library(folder: Path, name: str, source: str) -> Path:
    code = folder / f"{name}.c"
    code.write_text(source)
    library = folder / f"{name}.so"
    command = ["gcc", "-shared", "-fPIC", str(code), "-o", str(library)]
    subprocess.run(command, check=True)
    return library


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return make_library(tmp_path, "plugin", PLUGIN)


def test_a_plugin_calls_a_function_typed_at_the_prompt(forkrepl: Run, plugin: Path) -> None:
    result = forkrepl(
        input='extern "C" { int counter = 10; int callback(int x) { return 2 * x; } }\n'
        f"%lib {plugin}\n"
        'extern "C" int plugin_calls(int);\n'
        "plugin_calls(16)\n"
        "counter\n"
    )
    assert (result.stdout, result.stderr) == ("(int) 43\n(int) 11\n", "")


def test_a_snippet_opens_the_plugin_itself(forkrepl: Run, plugin: Path) -> None:
    result = forkrepl(
        input="#include <dlfcn.h>\n"
        'extern "C" { int counter = 10; int callback(int x) { return 2 * x; } }\n'
        f'void *plugin = dlopen("{plugin}", RTLD_NOW);\n'
        'auto calls = (int (*)(int))dlsym(plugin, "plugin_calls");\n'
        "calls(16)\n"
    )
    assert (result.stdout, result.stderr) == ("(int) 43\n", "")


def test_what_is_typed_after_the_library_was_opened_is_seen_too(
    forkrepl: Run, tmp_path: Path
) -> None:
    source = """#define _GNU_SOURCE
    #include <dlfcn.h>
    int ask(const char *name) {
        int (*found)(void) = dlsym(RTLD_DEFAULT, name);
        return found ? found() : -1;
    }"""
    library = make_library(tmp_path, "asks", source)
    result = forkrepl(
        input=f'%lib {library}\nextern "C" int ask(const char *);\nask("later")\n'
        'extern "C" int later() { return 5; }\nask("later")\n%undo\n%undo\nask("later")\n'
    )
    assert (result.stdout, result.stderr) == ("(int) -1\n(int) 5\n(int) -1\n", "")


def test_a_library_that_needs_what_was_undone_is_refused(forkrepl: Run, plugin: Path) -> None:
    result = forkrepl(
        input='extern "C" { int counter = 10; int callback(int x) { return 2 * x; } }\n'
        f"%undo\n%lib {plugin}\n1\n"
    )
    assert result.stdout == "(int) 1\n"
    assert "undefined symbol: counter" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_name_that_only_an_old_export_has_is_undefined(forkrepl: Run, plugin: Path) -> None:
    """The plug-in still holds the export, but the code is gone."""
    result = forkrepl(
        input='extern "C" { int counter = 10; int callback(int x) { return 2 * x; } }\n'
        f'%lib {plugin}\n%undo\nextern "C" int callback(int);\ncallback(1)\n2\n'
    )
    assert result.stdout == "(int) 2\n"
    assert "callback" in result.stderr


def test_hidden_symbols_stay_hidden(forkrepl: Run, tmp_path: Path) -> None:
    source = "int hidden(void); int calls(void) { return hidden(); }"
    library = make_library(tmp_path, "calls", source)
    result = forkrepl(
        input='extern "C" __attribute__((visibility("hidden"))) int hidden() { return 1; }\n'
        f"hidden()\n%lib {library}\n"
    )
    assert result.stdout == "(int) 1\n"
    assert "undefined symbol: hidden" in result.stderr


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as program:
        yield program


def test_any_number_of_names(program: Program) -> None:
    names = [f"forkrepl_test_{'x' * (number % 70)}{number}" for number in range(3000)]
    symbols = [
        ExportedSymbol(name, ExecutorAddress(0x5000 + 16 * number), 4, number % 2 == 0)
        for number, name in enumerate(names)
    ]
    handle = program.process.open_exports(shared_object(symbols, OWN_MACHINE))
    assert program.process.lookup([*names, "forkrepl_test_none"]) == [
        s.address for s in symbols
    ] + [0]
    program.process.close_exports(handle)
    assert not any(program.process.lookup(names))


def test_nothing_of_an_export_stays_when_it_is_closed(program: Program) -> None:
    def exports() -> int:
        return sum("forkrepl-symbols" in m.path for m in mappings(program.process.pid))

    data = shared_object(
        [ExportedSymbol("forkrepl_test", ExecutorAddress(1), 0, True)], OWN_MACHINE
    )
    for _ in range(100):
        handle = program.process.open_exports(data)
        assert exports() == 1
        assert program.process.lookup(["forkrepl_test"]) == [1]
        program.process.close_exports(handle)
    assert exports() == 0
    with pytest.raises(ExecutorError):
        program.process.close_exports(handle)


def test_an_export_can_be_neither_executed_nor_asks_for_an_executable_stack(
    program: Program,
) -> None:
    data = shared_object(
        [ExportedSymbol("forkrepl_test", ExecutorAddress(1), 0, True)], OWN_MACHINE
    )
    program.process.open_exports(data)
    found = [m for m in mappings(program.process.pid) if "x" in m.permissions]
    assert not [m for m in found if "forkrepl-symbols" in m.path or "[stack]" in m.path]


def test_what_is_no_shared_object_is_refused(program: Program) -> None:
    for data in (b"", b"text", compile_source("int x;")):
        with pytest.raises(ExecutorError, match=r"\w"):
            program.process.open_exports(data)
    program.load_c("int works;")


def test_a_unit_that_cannot_be_exported_is_not_loaded(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.load_c("int before;")
    used = program.session.statistics().used

    def refuse(shared_object: bytes) -> int:
        raise ExecutorError("no descriptor is left")

    with monkeypatch.context() as patched:
        patched.setattr(program.process, "open_exports", refuse)
        source = "#include <dlfcn.h>\nint opener; void *f(void) { return dlopen(0, 1); }"
        with pytest.raises(ExecutorError, match="no descriptor is left"):
            program.load_c(source)
    assert program.session.find_symbol("opener") is None
    assert program.session.statistics().used == used
    program.load_c(source)
    assert program.session.find_symbol("opener") is not None
