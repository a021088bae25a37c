"""What symbols mean where there is no program file: in units of a session."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.errors import LinkError, UndefinedSymbolsError
from tests.support.native_link import run_linked, run_natively
from tests.support.runtime import COMPILERS, Program, assemble, compile_source, running_program


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


# Visibility.


@pytest.mark.parametrize("visibility", ["hidden", "internal", "protected"])
@pytest.mark.parametrize("name", ["optind", "abs"])
def test_a_hidden_reference_is_not_bound_to_a_library(
    program: Program, visibility: str, name: str
) -> None:
    source = f'extern int {name} __attribute__((visibility("{visibility}"))); int *p = &{name};'
    with pytest.raises(UndefinedSymbolsError, match=rf"undefined symbol: {name}, referenced by "):
        program.load_c(source, flags=("-fPIC", "-fno-builtin"))


def test_a_weak_hidden_reference_to_a_librarys_symbol_is_zero(program: Program) -> None:
    source = 'extern int optind __attribute__((weak, visibility("hidden"))); int *p = &optind;'
    unit = program.load_c(source)
    assert program.integer("p", 8) == 0
    program.session.unload(unit)


def test_hidden_symbols_are_the_sessions(program: Program) -> None:
    """-fvisibility=hidden hides from libraries; the inputs of a session are one program."""
    first = program.load_c("int shared_between = 5;", flags=("-fPIC", "-fvisibility=hidden"))
    second = program.load_c("extern int shared_between; int *p = &shared_between;")
    assert program.integer("p", 8) == program.address("shared_between")
    program.session.unload(second)
    program.session.unload(first)


# What the linker defines.


@pytest.mark.parametrize(
    "name",
    [
        *("main", "_start", "__data_start", "_IO_stdin_used", "memory_read", "connection_reply"),
        *("__ehdr_start", "__executable_start", "__init_array_start", "__fini_array_end"),
        *("__start_nothing", "__stop_nothing"),
    ],
)
def test_no_name_means_something_of_the_executors(program: Program, name: str) -> None:
    with pytest.raises(UndefinedSymbolsError, match=rf"undefined symbol: {name}, referenced by "):
        program.load_c(
            f"extern char {name}[]; char *p = {name};", flags=("-fPIC", "-ffreestanding")
        )


@pytest.mark.parametrize("name", ["end", "etext", "__start_rows", "__stop_rows"])
def test_a_sessions_definition_comes_before_the_linkers(program: Program, name: str) -> None:
    first = program.load_c(f"int {name} = 5;")
    second = program.load_c(
        f'extern int {name}; static int row __attribute__((section("rows"), used));'
        f"int *p = &{name};"
    )
    assert program.integer("p", 8) == program.address(name)
    program.session.unload(second)
    program.session.unload(first)


def test_each_unit_has_boundaries_of_its_own(program: Program) -> None:
    source = """
    static int one __attribute__((section("rows"), used)) = {n};
    extern int __start_rows[], __stop_rows[];
    int first{n}, count{n};
    void go{n}(void) {{ first{n} = __start_rows[0]; count{n} = __stop_rows - __start_rows; }}
    """
    units = [program.load_c(source.format(n=n)) for n in (1, 2)]
    for n in (1, 2):
        program.call(f"go{n}")
        assert (program.integer(f"first{n}"), program.integer(f"count{n}")) == (n, 1)
    for unit in reversed(units):
        program.session.unload(unit)


def test_bounded_sections_with_and_without_contents(program: Program) -> None:
    """Constants, variables and zeros of one name are together, in the order of the input."""
    bounds = "\n.globl rows\n.data\nrows: .quad __start_foo, __stop_foo\n"
    unit = program.load(
        assemble('.section foo,"a"\n.quad 1\n' + bounds),
        assemble('.data\n.quad 9\n.section foo,"aw",@nobits\n.zero 8\n.balign 32\n.zero 8\n'),
        assemble('.section foo,"aw"\n.quad 2\n.bss\n.zero 8\n'),
    )
    where = program.address("rows")
    start, stop = (
        int.from_bytes(program.process.read_memory(type(where)(where + at), 8), "little")
        for at in (0, 8)
    )
    data = program.process.read_memory(type(where)(start), stop - start)
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8)]
    assert (words[0], words[-1]) == (1, 2)
    assert set(words[1:-1]) == {0}
    program.session.unload(unit)


def test_bounded_sections_of_code_and_of_variables_are_refused(program: Program) -> None:
    code = assemble('.section foo,"ax"\nret\n.data\n.quad __start_foo\n')
    with pytest.raises(LinkError, match=r"code\.o: sections called foo must all be code"):
        program.load(("code.o", code), assemble('.section foo,"aw"\n.quad 1\n'))


# Versions.


def test_an_unknown_version_is_named(program: Program) -> None:
    message = r"undefined symbol: memcpy@GLIBC_9\.9, referenced by "
    with pytest.raises(UndefinedSymbolsError, match=message):
        program.load_c('__asm__(".symver x, memcpy@GLIBC_9.9"); void x(void); void *p = x;')


def test_versions_of_what_the_platform_replaces(program: Program) -> None:
    unit = program.load_c(
        '__asm__(".symver x, __cxa_finalize@GLIBC_2.2.5"); void x(void), __cxa_finalize(void);'
        "void *versioned = x, *plain = __cxa_finalize;"
    )
    assert program.integer("versioned", 8) == program.integer("plain", 8)
    program.session.unload(unit)


# Sections.


@pytest.mark.parametrize("alignment", [1 << 13, 1 << 16, 1 << 20])
@pytest.mark.parametrize("mode", ["-fPIC", "-fno-pic"])
def test_alignment_beyond_a_page(program: Program, mode: str, alignment: int) -> None:
    attribute = f"__attribute__((aligned({alignment})))"
    unit = program.load_c(
        f"int before = 1, data {attribute} = 3, zero[5] {attribute};"
        f"const int fixed {attribute} = 4;",
        f"{attribute} int other(void) {{ return 1; }}",
        flags=(mode,),
    )
    for name in ("data", "zero", "fixed", "other"):
        assert program.address(name) % alignment == 0, name
    assert (program.integer("data"), program.integer("zero"), program.integer("fixed")) == (3, 0, 4)
    program.session.unload(unit)


def test_symbols_at_the_end_of_a_section(program: Program) -> None:
    unit = program.load(
        assemble(
            """
            .globl first, last, over, size, empty
            .section .data.a,"aw"
            first: .long 1, 2
            last:
            .set over, last + 4
            .section .data.b,"aw"
            .balign 8
            size: .quad last - first, over - first
            .section .data.empty,"aw"
            empty:
            """
        )
    )
    first = program.address("first")
    assert (program.address("last"), program.address("over")) == (first + 8, first + 12)
    assert program.integer("size", 8) == 8
    program.session.unload(unit)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two units"])
def test_references_to_discarded_code(program: Program, compiler: str, apart: bool) -> None:
    """From debug information, exception tables and frames of the copy that was dropped."""
    source = (
        "inline int f(int n) {{ static int calls; try {{ if (n) throw n; }}"
        " catch (int m) {{ return m + ++calls; }} return 0; }}"
        'extern "C" {{ int r{0}; void go{0}() {{ r{0} = f(3); }} }}'
    )
    objects = [
        compile_source(source.format(n), "-fPIC", "-g", language="c++", compiler=compiler)
        for n in (1, 2)
    ]
    batches = [[entry] for entry in objects] if apart else [objects]
    units = [program.load(*batch) for batch in batches]
    program.call("go1")
    program.call("go2")
    assert (program.integer("r1"), program.integer("r2")) == (4, 5)
    for unit in reversed(units):
        program.session.unload(unit)


# Inline variables and a library that has them too.

SHARED_HEADER = """
struct Registry { static inline int entries = 4; };
inline int &counter() { static int n = 10; return n; }
template <class T> int next() { static int *made = new int(5); return ++*made; }
int *entries_of_library(); int *counter_of_library(); int next_of_library();
"""
OF_LIBRARY = """
int *entries_of_library() { return &Registry::entries; }
int *counter_of_library() { return &counter(); }
int next_of_library() { return next<int>(); }
"""
OF_PROGRAM = """
#include <cstdio>
int main() {
  Registry::entries++, counter()++;
  std::printf("%d %d\\n", entries_of_library() == &Registry::entries,
              counter_of_library() == &counter());
  std::printf("%d %d\\n", *entries_of_library(), *counter_of_library());
  std::printf("%d\\n", next_of_library() * 100 + next<int>() * 10 + next_of_library());
}
"""


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", ["-fPIC", "-fPIE -O2", "-fno-pic", "-fPIC -fvisibility=hidden"])
def test_a_process_has_one_of_an_inline_variable(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, compiler: str, flags: str
) -> None:
    (tmp_path / "library.cpp").write_text(SHARED_HEADER + OF_LIBRARY)
    library = tmp_path / "library.so"
    subprocess.run(["g++", "-shared", "-fPIC", "-o", library, tmp_path / "library.cpp"], check=True)
    main = tmp_path / "main.o"
    main.write_bytes(
        compile_source(
            SHARED_HEADER + OF_PROGRAM, *flags.split(), language="c++", compiler=compiler
        )
    )
    options = ["-no-pie"] if "-fno-pic" in flags else []
    assert run_linked(capfd, [main, library]) == run_natively(tmp_path, [main, library], *options)


# Archives.


@pytest.mark.parametrize("member", ["int v = 42;", "int v[3];", "int v __attribute__((weak)) = 7;"])
@pytest.mark.parametrize("first", ["int v;", "extern int v;", "int v = 1;"])
def test_tentative_definitions_and_archives(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, first: str, member: str
) -> None:
    sources = {
        "main": f'#include <stdio.h>\n{first} int main(void) {{ printf("%d\\n", v); }}',
        "member": member + " int unused;",
        "other": "int unused; int v[9];",
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.o").write_bytes(compile_source(source, "-fPIC", "-fcommon"))
    archive = tmp_path / "libv.a"
    members = [tmp_path / "member.o", tmp_path / "other.o"]
    subprocess.run(["ar", "rcs", archive, *members], check=True)
    inputs = [tmp_path / "main.o", archive]
    assert run_linked(capfd, inputs) == run_natively(tmp_path, inputs)


def test_a_default_version_in_an_archive(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sources = {
        "main": "int f(void); int main(void) { return f(); }",
        "member": 'int f2(void) { return 42; } __asm__(".symver f2, f@@V2");',
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.o").write_bytes(compile_source(source, "-fPIC"))
    archive = tmp_path / "libf.a"
    subprocess.run(["ar", "rcs", archive, tmp_path / "member.o"], check=True)
    inputs = [tmp_path / "main.o", archive]
    assert run_linked(capfd, inputs) == run_natively(tmp_path, inputs) == (42, "", "")
