"""From an address to function, file and line, and to what lies there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.addresses import RO, RW, RX, ExecutorAddress, Protection
from runtime.debugging.symbolizer import Place
from runtime.objects.object_reader import read_object
from tests.support.runtime import Program, compile_source, running_program

SOURCE = """\
static int counter = 4;
static const int table[] = {1, 2, 3};
int shared[10];
__attribute__((noinline)) static int bump(int by) {
  counter += by;
  return counter + table[by];
}
static inline __attribute__((always_inline)) int twice(int by) {
  return bump(by) * 2;
}
int go(int n) {
  return
    twice(n) + 1;
}
int *addresses[] = {&counter, shared + 2, (int *)table};
int (*local)(int) = bump;
"""
COMPILERS = [("gcc", ()), ("clang-22", ()), ("gcc", ("-gdwarf-4",)), ("clang-22", ("-gdwarf-4",))]


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as found:
        yield found


def load(program: Program, compiler: str = "gcc", *flags: str) -> None:
    code = compile_source(SOURCE, "-fPIC", *flags, compiler=compiler)
    program.load(("snippet", code))


def places(program: Program, start: ExecutorAddress, size: int) -> list[list[Place]]:
    """Of each address of a function, without neighbours that are equal."""
    found: list[list[Place]] = []
    for address in range(start, start + size):
        described = program.session.describe_address(address)
        if not found or found[-1] != described:
            found.append(described)
    return found


def word(program: Program, name: str, index: int = 0) -> int:
    return program.integer_at(program.address(name) + 8 * index, 8)


@pytest.mark.parametrize(("compiler", "flags"), COMPILERS)
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_functions_and_lines(
    program: Program, compiler: str, flags: tuple[str, ...], level: str
) -> None:
    load(program, compiler, "-g", level, *flags)
    bump = places(program, ExecutorAddress(word(program, "local")), 12)
    assert {place.function for (place,) in bump} == {"bump"}
    assert {place.unit for (place,) in bump} == {"snippet"}
    assert {place.line for (place,) in bump} <= {4, 5, 6, 7}
    assert {place.file.rpartition("/")[2] for (place,) in bump} == {"input.c"}


@pytest.mark.parametrize(("compiler", "flags"), COMPILERS)
def test_an_inlined_function_comes_before_its_caller(
    program: Program, compiler: str, flags: tuple[str, ...]
) -> None:
    load(program, compiler, "-g", "-O2", *flags)
    inlined = [p for p in places(program, program.address("go"), 20) if len(p) == 2]
    assert inlined
    for inner, outer in inlined:
        assert (inner.function, inner.line in (8, 9, 10)) == ("twice", True)
        assert (outer.function, outer.line, outer.symbol) == ("go", 13, "go")


def test_without_debug_information_there_is_the_function(program: Program) -> None:
    load(program)
    described = program.session.describe_address(program.address("go") + 4)
    assert described == [Place("snippet", "go", "go")]


def test_cxx_names_are_demangled(program: Program) -> None:
    source = (
        "namespace n { template <class T> T f(T t) { return t; } }\nint g() { return n::f(1); }"
    )
    program.load(compile_source(source, "-fPIC", language="c++"))
    (place,) = program.session.describe_address(program.address("_ZN1n1fIiEET_S1_"))
    assert (place.function, place.symbol) == ("int n::f<int>(int)", "_ZN1n1fIiEET_S1_")


def test_each_object_of_a_batch_speaks_for_its_code(program: Program) -> None:
    texts = ("int first(void) { return 1; }", "int second(void) { return 2; }")
    objects = [compile_source(text, "-fPIC", "-g", "-ffunction-sections") for text in texts]
    program.load(("a.o", objects[0]), ("b.o", objects[1]))
    for name, unit in (("first", "a.o"), ("second", "b.o")):
        (place,) = program.session.describe_address(program.address(name))
        assert (place.unit, place.function, place.line) == (unit, name, 1)


def test_a_discarded_copy_does_not_speak(program: Program) -> None:
    """Of an inline function in two units, the first one's code is the one that is there."""
    source = "inline int f() { return 1; }\nint g%d() { return f(); }"
    for number in (1, 2):
        code = compile_source(source % number, "-fPIC", "-g", language="c++")
        program.load((f"In[{number}]", code))
    (place,) = program.session.describe_address(program.address("_Z1fv"))
    assert (place.unit, place.line) == ("In[1]", 1)
    (place,) = program.session.describe_address(program.address("_Z2g2v"))
    assert (place.unit, place.line) == ("In[2]", 2)


@pytest.mark.parametrize("address", [0, 1, -1, 1 << 63, (1 << 64) - 1])
def test_addresses_of_nobody(program: Program, address: int) -> None:
    load(program)
    assert program.session.describe_address(address) == []
    assert program.session.what_is_at(address) is None


def test_data(program: Program) -> None:
    load(program, "gcc", "-fcommon")

    def thing(address: int) -> tuple[str, Protection]:
        found = program.session.what_is_at(address)
        assert found is not None
        return found.description, found.protection

    counter, shared, table = (word(program, "addresses", index) for index in range(3))
    assert thing(counter + 3) == ("a variable of snippet (counter+3)", RW)
    assert thing(shared) == ("a variable of snippet (shared+8)", RW)
    assert thing(table) == ("a constant of snippet (table)", RO)
    assert thing(program.address("go")) == ("the code of snippet", RX)
    assert program.session.describe_address(counter) == []  # no code


def test_freed_memory_is_known_until_it_is_used_again(program: Program) -> None:
    units = []
    for name in ("In[1]", "In[2]"):
        code = compile_source(f"int only_{name[3]} = 1;", "-fPIC")
        units.append(program.load((name, code)))
    address = program.address("only_2")
    program.session.unload(units[1])
    freed = program.session.what_is_at(address)
    assert freed is not None
    assert (freed.description, freed.protection) == ("the freed memory of In[2]", Protection.NONE)
    program.load(("In[3]", compile_source("int only_3 = 1;", "-fPIC")))
    assert program.address("only_3") == address
    used = program.session.what_is_at(address)
    assert used is not None
    assert used.description == "a variable of In[3] (only_3)"


def debug_sections(code: bytes) -> list[tuple[int, int]]:
    found = read_object("input.o", code)
    return [
        (int(section["offset"]), int(section["size"]))
        for name, section in zip(found.section_names, found.sections, strict=True)
        if name.startswith(".debug")
    ]


@pytest.mark.parametrize("value", [0x00, 0x7F, 0xFF])
@pytest.mark.parametrize("compiler", ["gcc", "clang-22"])
def test_damaged_debug_information_costs_only_the_line(
    program: Program, compiler: str, value: int
) -> None:
    code = compile_source(SOURCE, "-fPIC", "-g", compiler=compiler)
    for number, (offset, size) in enumerate(debug_sections(code)):
        damaged = bytearray(code)
        damaged[offset : offset + size] = bytes([value]) * size
        unit = program.load((f"damaged{number}", bytes(damaged)))
        described = program.session.describe_address(program.address("go") + 4)
        assert described[-1].function == "go"
        program.session.unload(unit)
