"""Objects that real compilers made, linked into a real executor and called."""

from __future__ import annotations

import itertools
import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.addresses import PAGE_SIZE, ExecutorAddress
from runtime.errors import LinkError, RuntimeFailure, UndefinedSymbolsError
from runtime.objects import elf
from runtime.objects.object_reader import read_object
from tests.support.runtime import (
    COMPILERS,
    Program,
    assemble,
    compile_source,
    count_slab_mappings,
    relocation_table,
    running_program,
)

MODES = ("-fPIC", "-fPIE", "-fno-pic")


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as found:
        yield found


def bytes_at(program: Program, name: str, size: int, offset: int = 0) -> bytes:
    address = ExecutorAddress(program.address(name) + offset)
    return program.process.read_memory(address, size)


def relocation_names(data: bytes) -> set[int]:
    found = read_object("x.o", data)
    kinds: set[int] = set()
    for index, section in enumerate(found.sections):
        if section["type"] == elf.SHT_RELA:
            kinds |= set(relocation_table(found, index)["type"].tolist())
    return kinds


# Compilers and code models.

CALLER = """
extern int shared_data[4]; extern const char *text; extern int (*pointer)(int);
int callee(int); unsigned long strlen(const char *); extern char **environ;
static int local(int x) { return x * 2; }
static const int table[] = {1, 10, 100};
int result, zeroed[100]; long length; int has_environment;
int pick(int x) {
  switch (x) {
  case 0: return 5; case 1: return local(9); case 2: return 77; case 3: return callee(1);
  case 4: return -4; case 5: return shared_data[1]; case 6: return 12; default: return table[x % 3];
  }
}
void go(void) {
  shared_data[2] += 1;
  result = 0;
  for (int i = 0; i < 9; i++) result = result * 3 + pick(i);
  result += callee(local(table[1])) + pointer(2) + shared_data[2] + zeroed[99];
  length = strlen(text);
  has_environment = environ != 0;
}
"""
CALLEE = """
int shared_data[4] = {1, 2, 3, 4}; const char *text = "hello";
int callee(int x) { return x + shared_data[3]; }
int (*pointer)(int) = callee;
"""


def expected_result() -> int:
    total = 0
    picks = [5, 18, 77, 5, -4, 2, 12, 10, 100]
    for value in picks:
        total = total * 3 + value
    return total + (20 + 4) + (2 + 4) + 4


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two units"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_calls_and_data_across_objects(
    program: Program, compiler: str, level: str, mode: str, apart: bool
) -> None:
    caller, callee = (
        compile_source(source, level, mode, "-mcmodel=large" if mode == "-fno-pic" else "-g",
                       compiler=compiler)
        for source in (CALLER, CALLEE)
    )  # fmt: skip
    if apart:
        program.load(callee)
        program.load(caller)
    else:
        program.load(caller, callee)
    program.call("go")
    assert program.integer("result") == expected_result()
    assert program.integer("length", 8) == 5
    assert program.integer("has_environment") == 1


def test_references_in_both_directions_within_a_batch(program: Program) -> None:
    program.load_c(
        "int odd(int); int even(int n) { return n == 0 || odd(n - 1); } int result;"
        "void go(void) { result = even(10) * 2 + even(7); }",
        "int even(int); int odd(int n) { return n != 0 && even(n - 1); }",
    )
    program.call("go")
    assert program.integer("result") == 2


def test_static_names_stay_apart(program: Program) -> None:
    program.load_c(
        "static int f(void) { return 1; } static int x = 10; int a; void ga(void) { a = f() + x; }",
        "static int f(void) { return 2; } static int x = 20; int b; void gb(void) { b = f() + x; }",
    )
    program.call("ga")
    program.call("gb")
    assert (program.integer("a"), program.integer("b")) == (11, 22)
    assert program.session.find_symbol("f") is None


def test_common_symbols_are_zeroed_variables(program: Program) -> None:
    program.load_c(
        "int tentative[3]; void go(void) { tentative[2] += 7; }",
        "int tentative[3]; int other; void look(void) { other = tentative[2]; }",
        flags=("-fPIC", "-fcommon"),
    )
    assert program.integer("other") == 0
    program.call("go")
    program.call("look")
    assert program.integer("other") == 7


def test_an_indirect_function_is_called_through_its_resolver(program: Program) -> None:
    program.load_c(
        "static int answer(void) { return 42; } static void *choose(void) { return answer; }"
        'int chosen(void) __attribute__((ifunc("choose"))); int result;'
        "void go(void) { result = chosen(); }"
    )
    program.call("go")
    assert program.integer("result") == 42


# The GOT and its relaxation.

GOT_FORMS = """
.globl load, compare, call_it, jump_it, add_it, load32, push_it
.text
load: mov target@GOTPCREL(%rip), %rax
 mov (%rax), %eax
 mov %eax, loaded(%rip)
 ret
load32: movl target@GOTPCREL(%rip), %eax
 mov %eax, loaded32(%rip)
 ret
compare: lea -1(%rsp), %rax
 xor %ecx, %ecx
 mov target@GOTPCREL(%rip), %rdx
 cmp target@GOTPCREL(%rip), %rdx
 sete %cl
 mov %ecx, compared(%rip)
 ret
add_it: xor %eax, %eax
 add target@GOTPCREL(%rip), %rax
 mov (%rax), %eax
 mov %eax, added(%rip)
 ret
push_it: push target@GOTPCREL(%rip)
 pop %rax
 mov (%rax), %eax
 mov %eax, pushed(%rip)
 ret
call_it: sub $8, %rsp
 call *function@GOTPCREL(%rip)
 mov %eax, called(%rip)
 add $8, %rsp
 ret
jumper: jmp *function@GOTPCREL(%rip)
 ud2
jump_it: sub $8, %rsp
 call jumper
 mov %eax, jumped(%rip)
 add $8, %rsp
 ret
.bss
.globl loaded, loaded32, compared, called, jumped, added, pushed
loaded: .zero 4
loaded32: .zero 4
compared: .zero 4
called: .zero 4
jumped: .zero 4
added: .zero 4
pushed: .zero 4
"""
GOT_TARGETS = """
.data
.globl target
target: .long 1234
.text
.globl function
.type function, @function
function: mov $99, %eax
 ret
"""
GOT_FUNCTIONS = ("load", "compare", "add_it", "push_it", "call_it", "jump_it")


def check_got_forms(program: Program) -> None:
    for name in GOT_FUNCTIONS:
        program.call(name)
    results = {name: program.integer(name) for name in ("loaded", "added", "pushed")}
    assert results == dict.fromkeys(results, 1234)
    assert program.integer("compared") == 1
    assert (program.integer("called"), program.integer("jumped")) == (99, 99)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_loads_and_calls_through_the_got_in_reach(program: Program, compiler: str) -> None:
    forms = compile_source(GOT_FORMS, language="assembler", compiler=compiler)
    assert relocation_names(forms) >= {41, 42}
    program.load(forms, assemble(GOT_TARGETS))
    check_got_forms(program)
    program.call("load32")
    low = program.integer("loaded32") & 0xFFFFFFFF
    assert low == program.address("target") & 0xFFFFFFFF


def test_got_accesses_in_reach_are_relaxed(program: Program) -> None:
    program.load(assemble(GOT_FORMS), assemble(GOT_TARGETS))
    code = {name: bytes_at(program, name, 12) for name in ("load", "call_it")}
    assert code["load"][:3] == b"\x48\x8d\x05"  # lea
    assert code["call_it"][4:6] == b"\x67\xe8"  # addr32 call
    # What cannot be rewritten still goes through the GOT.
    assert bytes_at(program, "add_it", 12)[2:5] == b"\x48\x03\x05"


FAR_TARGETS = """
.globl target, function
.set target, {data:#x}
.set function, {code:#x}
"""


def test_loads_and_calls_through_the_got_out_of_reach(program: Program) -> None:
    # Absolute symbols near the lower end of the address space, far from any slab.
    program.load_c(
        """
        #include <sys/mman.h>
        #include <string.h>
        int mapped;
        void map(void) {
          char *at = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
          if (at != (char *)0x10000000) return;
          *(int *)at = 1234;
          memcpy(at + 4096, "\\xb8\\x63\\0\\0\\0\\xc3", 6); /* mov $99, %eax; ret */
          mapped = mprotect(at + 4096, 4096, PROT_READ | PROT_EXEC) == 0;
        }
        """,
        flags=("-fPIC", "-D_GNU_SOURCE"),
    )
    program.call("map")
    assert program.integer("mapped") == 1
    far = FAR_TARGETS.format(data=0x10000000, code=0x10001000)
    program.load(assemble(GOT_FORMS), assemble(far))
    check_got_forms(program)
    assert bytes_at(program, "load", 3) == b"\x48\x8b\x05"  # still mov
    assert bytes_at(program, "call_it", 6, 4)[:2] == b"\xff\x15"  # still call *


def test_direct_calls_out_of_reach_go_through_the_plt(program: Program) -> None:
    # call f@PLT and plain call, to the C library, which is far from the slabs.
    program.load(
        assemble(
            """
            .globl go, result
            go: sub $8, %rsp
             lea text(%rip), %rdi
             call atoi@PLT
             mov %eax, result(%rip)
             lea text(%rip), %rdi
             call atoi
             add %eax, result(%rip)
             add $8, %rsp
             ret
            .section .rodata
            text: .asciz "21"
            .bss
            result: .zero 4
            """
        )
    )
    program.call("go")
    assert program.integer("result") == 42


def test_a_got_load_with_another_addend_is_not_relaxed(program: Program) -> None:
    # Of the address's upper half: an addend of -4 + 4, which a lea cannot express.
    program.load(
        assemble(
            """
            .globl go, upper, target
            .text
            go: .byte 0x8b, 0x05
            1: .long 0
             .reloc 1b, R_X86_64_GOTPCRELX, target
             mov %eax, upper(%rip)
             ret
            .data
            target: .long 1
            upper: .long 0
            """
        )
    )
    program.call("go")
    assert program.integer("upper") & 0xFFFFFFFF == program.address("target") >> 32


@pytest.mark.parametrize("compiler", COMPILERS)
def test_pointers_to_functions_are_equal_everywhere(program: Program, compiler: str) -> None:
    first, second = (
        compile_source(source, "-fPIC", compiler=compiler)
        for source in (
            "void *qsort(); void f(void) {} void *here(void) { return f; }"
            " void *libc(void) { return qsort; }",
            "void *qsort(), *here(void), *libc(void); void f(void); int same;"
            " void *saved = f; void *saved_libc = qsort;"
            " void go(void) { same = here() == f && saved == f && libc() == qsort"
            " && saved_libc == qsort; }",
        )
    )
    program.load(first)
    program.load(second)
    program.call("go")
    assert program.integer("same") == 1


# Weak definitions, COMDAT, duplicates.

INLINE = """
template <class T> struct Counter {{ static int instances; }};
template <class T> int Counter<T>::instances = {start};
inline int next() {{ static int count = {start}; return ++count; }}
extern "C" {{ int {name}_next, {name}_instances; void {name}() {{
  {name}_next = next(); {name}_instances = ++Counter<int>::instances; }} }}
"""


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two units"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_first_comdat_group_wins(program: Program, compiler: str, apart: bool) -> None:
    objects = [
        compile_source(
            INLINE.format(start=start, name=name), "-fPIC", language="c++", compiler=compiler
        )
        for start, name in ((100, "a"), (200, "b"))
    ]
    for batch in [[entry] for entry in objects] if apart else [objects]:
        program.load(*batch)
    for name in ("a", "b", "a"):
        program.call(name)
    assert (program.integer("b_next"), program.integer("a_next")) == (102, 103)
    assert (program.integer("b_instances"), program.integer("a_instances")) == (102, 103)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_comdat_code_throws_and_catches_from_either_unit(program: Program, compiler: str) -> None:
    source = """
    #include <stdexcept>
    #include <vector>
    inline int guarded(int n) {{
      try {{ std::vector<int> v(3); return v.at(n); }} catch (std::out_of_range &) {{ return -1; }}
    }}
    extern "C" {{ int {0}_result = 9; void {0}() {{ {0}_result = guarded(7) * 10 + guarded(1); }} }}
    """
    for name in ("a", "b"):
        program.load(
            compile_source(source.format(name), "-fPIC", language="c++", compiler=compiler)
        )
    for name in ("a", "b"):
        program.call(name)
        assert program.integer(f"{name}_result") == -10


def test_a_strong_definition_overrides_a_weak_one_in_a_batch(program: Program) -> None:
    weak = "int __attribute__((weak)) f(void) { return 1; } int a; void ga(void) { a = f(); }"
    strong = "int f(void) { return 2; } int b; void gb(void) { b = f(); }"
    for order in ((weak, strong), (strong, weak)):
        unit = program.load_c(*order)
        program.call("ga")
        program.call("gb")
        assert (program.integer("a"), program.integer("b")) == (2, 2)
        program.session.unload(unit)


def test_the_first_of_weak_definitions_stays(program: Program) -> None:
    program.load_c("int __attribute__((weak)) x = 1;")
    program.load_c("int __attribute__((weak)) x = 2; int seen; void go(void) { seen = x; }")
    program.call("go")
    assert program.integer("seen") == program.integer("x") == 1


def test_a_later_strong_definition_replaces_a_weak_one_until_it_goes(program: Program) -> None:
    program.load_c("int __attribute__((weak)) x = 1;")
    strong = program.load_c("int x = 2;")
    assert program.integer("x") == 2
    user = program.load_c("extern int x; int seen; void go(void) { seen = x; }")
    program.call("go")
    assert program.integer("seen") == 2
    program.session.unload(user)
    program.session.unload(strong)
    assert program.integer("x") == 1


@pytest.mark.parametrize("mode", ["-fPIC", "-fPIE"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_an_undefined_weak_symbol_is_zero(program: Program, compiler: str, mode: str) -> None:
    program.load(
        compile_source(
            "extern int nowhere __attribute__((weak)); void missing(void) __attribute__((weak));"
            "int *address = (int *)1; int called; void *pointer = (void *)missing;"
            "void go(void) { address = &nowhere; if (missing) { called = 1; missing(); } }",
            mode,
            compiler=compiler,
        )
    )
    program.call("go")
    assert program.integer("address", 8) == program.integer("pointer", 8) == 0
    assert program.integer("called") == 0


def test_a_weak_reference_finds_a_definition(program: Program) -> None:
    program.load_c("int there = 5;")
    program.load_c(
        "extern int there __attribute__((weak)); int seen; void go(void) { seen = there; }"
    )
    program.call("go")
    assert program.integer("seen") == 5


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two units"])
def test_two_strong_definitions_are_an_error(program: Program, apart: bool) -> None:
    first, second = (
        compile_source(f"int twice(int a) {{ return {n}; }}", "-fPIC", language="c++")
        for n in (1, 2)
    )
    inputs = [("first.o", first), ("second.o", second)]
    if apart:
        program.load(inputs.pop(0))
    before = program.session.statistics()
    with pytest.raises(
        LinkError, match=r"second\.o: duplicate definition of twice\(int\)"
    ) as error:
        program.load(*inputs)
    if not apart:
        assert "first.o" in str(error.value)
    assert program.session.statistics() == before


def test_what_a_refused_unit_defines_is_not_visible(program: Program) -> None:
    program.load_c("int taken;")
    with pytest.raises(LinkError):
        program.load_c("int taken; int fresh;")
    with pytest.raises(UndefinedSymbolsError):
        program.load_c("extern int fresh; int *p = &fresh;")
    assert program.session.find_symbol("fresh") is None


# Undefined symbols.


@pytest.mark.parametrize("compiler", COMPILERS)
def test_undefined_symbols_are_reported_together(program: Program, compiler: str) -> None:
    program.load_c("int anchor;")
    before = program.session.statistics()
    source = (
        "namespace n { int f(int, const char *); } extern int variable; struct S { S(); };"
        'extern "C" int c_function(); int strange() { S s;'
        ' return n::f(1, "") + variable + c_function(); }'
    )
    with pytest.raises(UndefinedSymbolsError) as error:
        program.load(("bad.o", compile_source(source, "-fPIC", language="c++", compiler=compiler)))
    message = str(error.value)
    assert "bad.o" in message
    for name in ("n::f(int, char const*)", "variable", "S::S()", "c_function"):
        assert name in message
    assert set(error.value.names) == {"_ZN1n1fEiPKc", "variable", "_ZN1SC1Ev", "c_function"}
    assert program.session.statistics() == before
    assert program.session.find_symbol("_Z7strangev") is None


def test_the_report_names_the_object_that_refers(program: Program) -> None:
    guilty = compile_source("int nowhere(void); int f(void) { return nowhere(); }", "-fPIC")
    innocent = compile_source("int g(void) { return 1; }", "-fPIC")
    with pytest.raises(UndefinedSymbolsError, match=r"nowhere.*guilty\.o"):
        program.load(("guilty.o", guilty), ("innocent.o", innocent))


def test_a_library_that_comes_later_brings_its_symbols(program: Program, tmp_path: Path) -> None:
    library, text = tmp_path / "liblate.so", tmp_path / "late.c"
    text.write_text("int late(void) { return 11; }")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, text], check=True)
    source = "int late(void); int seen; void go(void) { seen = late(); }"
    with pytest.raises(UndefinedSymbolsError):
        program.load_c(source)
    program.process.load_library(str(library))
    program.load_c(source)
    program.call("go")
    assert program.integer("seen") == 11


def test_an_undefined_symbol_that_nothing_refers_to_is_no_error(program: Program) -> None:
    """As with GNU ld, which looks at relocations."""
    program.load(assemble(".globl nowhere, x\n.data\nx: .quad 1"))
    assert program.integer("x", 8) == 1


def test_what_only_discarded_code_refers_to_need_not_be_defined(program: Program) -> None:
    group = '.section .text.g,"axG",@progbits,g,comdat\n.globl g\n.weak g\ng: {}\n'
    program.load(assemble(group.format("ret")))
    program.load(assemble(group.format("call only_there") + ".data\n.globl y\ny: .quad 2\n"))
    assert program.integer("y", 8) == 2


# Symbols and sections.


def test_absolute_symbols(program: Program) -> None:
    program.load(
        assemble(
            """
            .globl absolute, go, low, negative, copied, wide
            .set absolute, 0x12345678
            .set negative, -16
            .set wide, 0x123456789abcdef0
            .text
            go: movl $absolute, low(%rip)
             ret
            .data
            low: .long 0
            copied: .quad absolute + 8, negative, wide
            """
        )
    )
    program.call("go")
    assert program.address("absolute") == 0x12345678
    assert program.integer("low") == 0x12345678
    copied = bytes_at(program, "copied", 24)
    values = [int.from_bytes(copied[i : i + 8], "little") for i in (0, 8, 16)]
    assert values == [0x12345680, 2**64 - 16, 0x123456789ABCDEF0]


def test_section_symbols_with_addends(program: Program) -> None:
    program.load(
        assemble(
            """
            .globl go, result, pointers
            .text
            go: mov .data+12(%rip), %eax
             add .rodata+4(%rip), %eax
             mov %eax, result(%rip)
             ret
            .data
            .long 1, 2, 3, 40
            pointers: .quad .data + 4, .rodata + 4, .text
            .section .rodata
            .long 7, 2
            .bss
            result: .zero 4
            """
        )
    )
    program.call("go")
    assert program.integer("result") == 42
    words = bytes_at(program, "pointers", 24)
    data, rodata, text = (int.from_bytes(words[i : i + 8], "little") for i in (0, 8, 16))
    assert data == program.address("pointers") - 12
    assert text == program.address("go")
    assert program.process.read_memory(ExecutorAddress(rodata), 4) == b"\2\0\0\0"


def test_narrow_and_wide_relocations(program: Program) -> None:
    program.load(
        assemble(
            """
            .globl field, anchor, sizes
            .data
            anchor: .quad 0
            field: .quad anchor, . - anchor, anchor - .
             .long anchor - ., 0
            .type sized, @object
            .size sized, 24
            .globl sized
            sized: .zero 24
            sizes: .quad sized@SIZE
             .long sized@SIZE
            """
        )
    )
    anchor = program.address("anchor")
    data = bytes_at(program, "field", 28)
    words = [int.from_bytes(data[i : i + 8], "little", signed=True) for i in (0, 8, 16)]
    assert words == [anchor, 16, -24]
    assert int.from_bytes(data[24:28], "little", signed=True) == -32
    assert bytes_at(program, "sizes", 12) == b"\x18" + bytes(7) + b"\x18" + bytes(3)


def test_sections_without_contents(program: Program) -> None:
    program.load(
        assemble(
            """
            .globl here, after, empty
            .section .empty,"a"
            empty:
            .section .empty_bss,"aw",@nobits
            .data
            here: .quad empty
            after:
            """
        )
    )
    assert program.address("after") == program.address("here") + 8
    assert program.integer("here", 8) == program.address("empty")


def test_more_sections_than_fit_their_number(program: Program) -> None:
    """Then symbols say SHN_XINDEX, and the section's number is in SHT_SYMTAB_SHNDX."""
    lines = [f'.section .text.f{i},"ax"\nret' for i in range(0xFF00)]
    lines += ['.section .data.last,"aw"', ".globl last", "last: .long 42"]
    lines += ['.section .data.user,"aw"', ".globl user", "user: .quad last, .data.last"]
    program.load(assemble("\n".join(lines) + "\n"))
    assert program.integer("last") == 42
    words = bytes_at(program, "user", 16)
    assert words == program.address("last").to_bytes(8, "little") * 2


def test_an_object_without_sections_to_load(program: Program) -> None:
    unit = program.load(assemble(""))
    program.session.unload(unit)
    assert program.session.statistics().used == 0


@pytest.mark.parametrize("alignment", [16, 64, 256, PAGE_SIZE])
@pytest.mark.parametrize("section", [".data", ".bss", ".rodata", ".text"])
def test_alignment_is_kept(program: Program, section: str, alignment: int) -> None:
    flags = {".data": "aw", ".bss": "aw", ".rodata": "a", ".text": "ax"}[section]
    kind = "@nobits" if section == ".bss" else "@progbits"
    source = "\n".join(
        f'.section {section}.{i},"{flags}",{kind}\n.zero {size}\n.balign {align}\n'
        f".globl at{i}\nat{i}: .zero {size}"
        for i, (size, align) in enumerate([(1, 1), (3, alignment), (5, 1), (7, alignment)])
    )
    program.load(assemble(source))
    assert program.address("at1") % alignment == program.address("at3") % alignment == 0


@pytest.mark.parametrize("alignment", [2 * PAGE_SIZE, 1 << 16, 1 << 21])
def test_alignment_beyond_a_page_is_kept_or_refused(program: Program, alignment: int) -> None:
    # Two neighbouring pages: by chance, only one of them can be aligned well enough.
    for name in ("first", "second"):
        try:
            program.load_c(f"int __attribute__((aligned({alignment}))) {name} = 3;")
        except LinkError as error:
            assert "align" in str(error)  # noqa: PT017
        else:
            assert program.address(name) % alignment == 0


def test_bss_is_zero_also_after_reuse(program: Program) -> None:
    source = """
    char big[20000]; int dirty;
    void look(void) { dirty = 0; for (int i = 0; i < 20000; i++) dirty |= big[i]; }
    void fill(void) { for (int i = 0; i < 20000; i++) big[i] = 0x55; }
    """
    addresses = set()
    for _ in range(3):
        unit = program.load_c(source)
        addresses.add(program.address("big"))
        program.call("look")
        assert program.integer("dirty") == 0
        program.call("fill")
        program.call("look")
        assert program.integer("dirty") == 0x55
        program.session.unload(unit)
    assert len(addresses) == 1


def test_dso_handle_differs_per_unit(program: Program) -> None:
    source = (
        "extern void *__dso_handle; void *{0}_saved;void {0}(void) {{ {0}_saved = &__dso_handle; }}"
    )
    units = [program.load_c(source.format(name)) for name in "ab"]
    same_batch = program.load_c(source.format("c"), source.format("d"))
    for name in "abcd":
        program.call(name)
    handles = [program.integer(f"{name}_saved", 8) for name in "abcd"]
    assert handles[:3] == [unit.linked.dso_handle for unit in [*units, same_batch]]
    assert handles[2] == handles[3]
    assert len(set(handles)) == 3


def test_the_global_offset_table_has_a_name(program: Program) -> None:
    program.load(
        assemble(
            """
            .globl go, result, target
            .text
            go: lea _GLOBAL_OFFSET_TABLE_(%rip), %rdx
             movabs $target@GOT, %rax
             mov (%rdx,%rax), %rax
             mov (%rax), %eax
             movabs $target@GOTOFF, %rcx
             add (%rdx,%rcx), %eax
             mov %eax, result(%rip)
             ret
            .data
            target: .long 21
            result: .long 0
            """
        )
    )
    program.call("go")
    assert program.integer("result") == 42


# Initializers and finalizers.

LOG = "int log_length; int entries[64]; void note(int n) { entries[log_length++] = n; }"


def log(program: Program) -> list[int]:
    data = bytes_at(program, "entries", 4 * program.integer("log_length"))
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("arrays", [True, False], ids=["init_array", "ctors"])
def test_constructors_run_by_priority_and_destructors_in_reverse(
    program: Program, compiler: str, arrays: bool
) -> None:
    if not arrays and compiler == "gcc":
        pytest.skip("this gcc has no way to make .ctors")
    flags = ["-fPIC"] if arrays else ["-fPIC", "-fno-use-init-array"]
    source = "void note(int);" + "".join(
        f"__attribute__((constructor{p})) void c{n}(void) {{ note({n}); }}"
        f"__attribute__((destructor{p})) void d{n}(void) {{ note(-{n} & 0xff); }}"
        for n, p in ((3, ""), (2, "(500)"), (1, "(200)"))
    )
    program.load_c(LOG)
    unit = program.load(compile_source(source, *flags, compiler=compiler))
    assert log(program) == []
    program.session.initialize(unit)
    assert log(program) == [1, 2, 3]
    program.session.unload(unit)
    assert log(program) == [1, 2, 3, 253, 254, 255]


def test_function_arrays_of_a_batch_are_merged_by_priority(program: Program) -> None:
    program.load_c(LOG)

    def with_section(name: str, number: int) -> bytes:
        kind = "init_array" if "init" in name else "fini_array" if "fini" in name else "progbits"
        return assemble(
            f'f: mov ${number}, %edi\n jmp note@PLT\n.section {name},"aw",@{kind}\n.quad f\n'
        )

    unit = program.load(
        with_section(".ctors", 4),
        with_section(".init_array.00200", 2),
        with_section(".init_array", 5),
        with_section(".ctors.65235", 3),  # 300
        with_section(".init_array.00101", 1),
        with_section(".fini_array", 12),
        with_section(".dtors", 11),
        with_section(".fini_array.00101", 14),
        with_section(".dtors.65235", 13),
    )
    program.session.initialize(unit)
    assert log(program) == [1, 2, 3, 4, 5]
    program.session.unload(unit)
    assert log(program)[5:] == [11, 12, 13, 14]


@pytest.mark.parametrize("compiler", COMPILERS)
def test_static_objects_are_made_and_unmade(program: Program, compiler: str) -> None:
    program.load_c(LOG)
    source = """
    extern "C" void note(int);
    struct Loud { int n; Loud(int n) : n(n) { note(n); } ~Loud() { note(n + 100); } };
    Loud one(1), two(2);
    extern "C" void go() { static Loud three(3); }
    """
    unit = program.load(compile_source(source, "-fPIC", language="c++", compiler=compiler))
    program.session.initialize(unit)
    program.call("go")
    program.call("go")
    program.session.unload(unit)
    assert log(program) == [1, 2, 3, 103, 102, 101]


def test_handlers_run_before_finalizers(program: Program) -> None:
    program.load_c(LOG)
    unit = program.load_c(
        "void note(int); int atexit(void (*)(void));"
        "static void a(void) { note(1); } static void later(void) { note(3); }"
        "static void b(void) { note(2); atexit(later); }"
        "__attribute__((destructor)) void d(void) { note(4); }"
        "void go(void) { atexit(a); atexit(b); }"
    )
    program.call("go")
    program.session.unload(unit)
    assert log(program) == [2, 3, 1, 4]


# Exceptions.


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize(("thrower", "catcher"), list(itertools.product(COMPILERS, repeat=2)))
@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "two units"])
def test_exceptions_cross_objects(
    program: Program, thrower: str, catcher: str, level: str, apart: bool
) -> None:
    throws = compile_source(
        "#include <stdexcept>\nstruct Own { int n; };"
        'void fail(int n) { if (n) throw std::runtime_error("no"); throw Own{7}; }',
        "-fPIC",
        level,
        language="c++",
        compiler=thrower,
    )
    catches = compile_source(
        "#include <exception>\n#include <cstring>\nstruct Own { int n; }; void fail(int);"
        "struct Guard { int &n; ~Guard() { n++; } };"
        'extern "C" { int result, unwound; void go() {'
        " try { Guard g{unwound}; fail(1); }"
        ' catch (std::exception &e) { result = !std::strcmp(e.what(), "no"); }'
        " try { Guard g{unwound}; fail(0); } catch (Own &own) { result += own.n; } } }",
        "-fPIC",
        level,
        language="c++",
        compiler=catcher,
    )
    for batch in [[throws], [catches]] if apart else [[catches, throws]]:
        program.load(*batch)
    program.call("go")
    assert (program.integer("result"), program.integer("unwound")) == (8, 2)


def test_exceptions_work_after_other_units_have_gone(program: Program) -> None:
    source = (
        'extern "C" {{ int r{0}; void f{0}() {{'
        " try {{ throw {0}; }} catch (int n) {{ r{0} = n; }} }} }}"
    )
    units = [
        program.load(compile_source(source.format(n), "-fPIC", language="c++")) for n in range(4)
    ]
    for n in (3, 1):
        program.session.unload(units[n])
    for n in (2, 0):
        program.call(f"f{n}")
        assert program.integer(f"r{n}") == n
    again = program.load(compile_source(source.format(9), "-fPIC", language="c++"))
    program.call("f9")
    assert program.integer("r9") == 9
    program.session.unload(again)


def test_an_uncaught_exception_comes_back(program: Program) -> None:
    program.load(
        compile_source(
            '#include <stdexcept>\nextern "C" void go() { throw std::out_of_range("far"); }',
            "-fPIC",
            language="c++",
        )
    )
    outcome = program.process.run([program.address("go")])
    assert [(each.type, each.what) for each in outcome.exceptions] == [("std::out_of_range", "far")]


def test_frames_after_a_terminator_in_the_batch_are_found(program: Program) -> None:
    terminator = assemble('.section .eh_frame,"a",@unwind\n.long 0\n')
    throws = compile_source(
        'extern "C" { int r; void go() { try { throw 5; } catch (int n) { r = n; } } }',
        "-fPIC",
        language="c++",
    )
    program.load(terminator, throws)
    program.call("go")
    assert program.integer("r") == 5


def test_frames_are_found_whatever_the_flags_of_their_section(program: Program) -> None:
    """Hand-written assembly has a writable ``.eh_frame``, which GNU ld takes as it is."""
    data = bytearray(
        compile_source(
            'extern "C" { int r = 1; void go() { try { throw 5; } catch (int n) { r = n; } } }',
            "-fPIC",
            language="c++",
        )
    )
    index = read_object("x.o", bytes(data)).section_names.index(".eh_frame")
    (table,) = struct.unpack_from("<Q", data, 40)
    struct.pack_into("<Q", data, table + 64 * index + 8, elf.SHF_ALLOC | elf.SHF_WRITE)
    program.load(bytes(data))
    program.call("go")
    assert program.integer("r") == 5


# Unloading.


def test_unloading_takes_the_symbols_and_the_memory_back(program: Program) -> None:
    first = program.load_c("int a = 1; int f(void) { return a; }")
    second = program.load_c("int f(void); int b; void go(void) { b = f(); }")
    program.session.unload(second)
    assert program.session.find_symbol("go") is None
    assert program.integer("a") == 1
    program.session.unload(first)
    assert program.session.find_symbol("a") is None
    statistics = program.session.statistics()
    assert statistics.used == 0
    assert statistics.free_ranges == 3 * statistics.reservations


def test_a_name_can_be_defined_again_after_unloading(program: Program) -> None:
    for value in (1, 2):
        unit = program.load_c(f"int x = {value};")
        assert program.integer("x") == value
        program.session.unload(unit)


def test_a_comdat_group_can_come_again_after_unloading(program: Program) -> None:
    for start in (5, 50):
        unit = program.load(
            compile_source(INLINE.format(start=start, name="a"), "-fPIC", language="c++")
        )
        program.call("a")
        assert program.integer("a_next") == start + 1
        program.session.unload(unit)
    assert program.session.statistics().used == 0


# What cannot be linked.


@pytest.mark.parametrize("compiler", COMPILERS)
def test_an_unknown_relocation_says_where_and_what(program: Program, compiler: str) -> None:
    program.load_c("int anchor;")
    before = program.session.statistics()
    source = "int x; void f(void) { x = 1; } "
    data = bytearray(compile_source(source, "-fPIC", "-ffunction-sections", compiler=compiler))
    found = read_object("strange.o", bytes(data))
    index = found.section_names.index(".rela.text.f")
    start = int(found.sections[index]["offset"])
    offset = int.from_bytes(data[start : start + 8], "little")
    data[start + 8 : start + 12] = (250).to_bytes(4, "little")
    with pytest.raises(LinkError) as error:
        program.load(("strange.o", bytes(data)))
    message = str(error.value)
    assert f"strange.o: .text.f+{offset:#x}" in message
    assert "250" in message
    assert program.session.statistics() == before


def test_an_unsupported_relocation_is_named(program: Program) -> None:
    """R_X86_64_DTPMOD64 is for dynamic linkers: it never stands in an object."""
    source = ".globl x\n.data\n.quad 1, 2\nx: .quad 0\n.reloc x, R_X86_64_DTPMOD64, x\n"
    with pytest.raises(LinkError, match=r"odd\.o: \.data\+0x10: .*R_X86_64_DTPMOD64.* x"):
        program.load(("odd.o", assemble(source)))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (".globl f\nf: mov f+0x7ffffff0, %rax\n ret", "R_X86_64_32S"),
        (".globl f\nf: mov $f-0x7ffffff0, %eax\n ret", "R_X86_64_32"),
        (".globl f\nf: mov far(%rip), %rax\n ret\n.globl far\n.set far, 0x1000", "R_X86_64_PC32"),
    ],
    ids=["absolute signed", "absolute unsigned", "relative"],
)
def test_an_overflow_says_where_and_what(program: Program, source: str, name: str) -> None:
    program.load_c("int anchor;")
    before = program.session.statistics()
    with pytest.raises(LinkError, match=rf"far\.o: \.text\+0x[0-9a-f]+: {name} against \w+"):
        program.load(("far.o", assemble(source)))
    assert program.session.statistics().used == before.used
    program.load_c("int later;")


@pytest.mark.parametrize("batch", [0, 1])
def test_a_failed_link_leaves_the_session_usable(program: Program, batch: int) -> None:
    program.load_c("int kept = 3;")
    bad = compile_source("int nowhere(void); int kept2; int f(void) { return nowhere(); }", "-fPIC")
    good = compile_source("int other = 4;", "-fPIC")
    with pytest.raises(RuntimeFailure):
        program.load(*([good, bad] if batch else [bad]))
    program.load(good)
    assert (program.integer("kept"), program.integer("other")) == (3, 4)


def test_messages_have_no_mangled_names(program: Program) -> None:
    source = "template <class T> void f(T); void g() { f<int>(1); f<char *>(nullptr); }"
    with pytest.raises(UndefinedSymbolsError) as error:
        program.load(compile_source(source, "-fPIC", language="c++"))
    assert not re.search(r"\b_Z", str(error.value))


def test_the_kernel_needs_as_many_mappings_as_the_statistics_say(program: Program) -> None:
    code = "int variable{0} = {0}; const int constant{0} = {0}; int f{0}(void) {{ return {0}; }}"
    units = [program.load_c(code.format(number)) for number in range(8)]
    for unit in (units[3], units[5], units[6]):
        program.session.unload(unit)
    assert count_slab_mappings(program.process.pid) == program.session.statistics().mappings
