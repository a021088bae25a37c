"""Objects that other people made, whole and damaged: objects or errors, nothing else."""

from __future__ import annotations

import functools
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.addresses import ExecutorAddress
from runtime.errors import LinkError, ObjectFormatError, OutOfMemoryError
from runtime.executor_client.interface import SymbolDescription, ThreadArea
from runtime.linker.link import LinkedUnit, link
from runtime.linker.link_graph import build
from runtime.linker.machines.x86_64 import X86_64
from runtime.linker.symbols import JITDylib, ProcessSymbols
from runtime.linker.thread_local_blocks import ThreadLocalBlocks
from runtime.memory.manager import MapperMemoryManager
from runtime.objects import elf
from runtime.objects.object_reader import read_object
from tests.support.damage import EDITS, Edit, corrupted
from tests.support.runtime import COMPILERS, FakeMapper, assemble, compile_source, relocation_table

C = """
extern int far[]; int printf(const char *, ...); int data = 5, zero[40]; const int constant = 6;
__attribute__((weak)) int weak(int x) { return x + far[1]; }
__attribute__((constructor(200))) static void start(void) { printf("%d", data + zero[3]); }
"""
CPP = """
extern "C" int puts(const char *);
struct Loud { ~Loud() { puts("gone"); } };
inline int counted() { static int n = 3; return ++n; }
template <class T> T twice(T x) { return x + x; }
Loud loud;
int go(int n) { try { if (n) throw n; } catch (int k) { return twice(k) + counted(); } return 0; }
"""
ARCHIVE_MAGIC = b"!<arch>\n"


@functools.cache
def samples() -> list[bytes]:
    """Small objects of all kinds, from both compilers."""
    return [
        *(compile_source(C, "-fPIC", "-O1", compiler=compiler) for compiler in COMPILERS),
        *(
            compile_source(CPP, "-fPIC", language="c++", compiler=compiler)
            for compiler in COMPILERS
        ),
        compile_source(C, "-fPIE", "-g", "-ffunction-sections"),
        assemble(".globl f\nf: call g\n mov h@GOTPCREL(%rip), %rax\n ret\n.bss\n.zero 9\n"),
    ]


class EverySymbol:
    """A process that has them all, functions and variables in alternation."""

    machine = X86_64.number

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        return [ExecutorAddress(0x7EFFF0000000 + 16 * index) for index in range(len(names))]

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        addresses = self.lookup(names)
        return [SymbolDescription(address, 8, bool(address & 16)) for address in addresses]

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        return [(0, 0) for _ in names]


def link_with_fakes(name: str, data: bytes) -> LinkedUnit:
    """All passes, over memory that nobody runs; every undefined name has an address."""
    mapper = FakeMapper(limit=1 << 24)
    manager = MapperMemoryManager(mapper, 1 << 20)

    process = ProcessSymbols(EverySymbol(), {}, manager.holds)
    blocks = ThreadLocalBlocks(lambda: ThreadArea(-4096, 4096, 64))
    try:
        return link([read_object(name, data)], 0, JITDylib(), process, manager, blocks)
    except BaseException:
        assert manager.statistics().used == 0
        raise


def read_and_link(data: bytes) -> None:
    """Whatever the bytes are, only these errors may come out."""
    try:
        link_with_fakes("strange.o", data)
    except (ObjectFormatError, LinkError) as error:
        assert "strange.o: " in str(error)  # noqa: PT017
    except OutOfMemoryError:  # a section may say that it is very large
        pass


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_real_object_is_read_whole(compiler: str) -> None:
    data = compile_source(C, "-fPIC", "-O1", compiler=compiler)
    found = read_object("real.o", data)
    assert found.name == "real.o"
    assert {".text", ".bss", ".symtab"} <= set(found.section_names)
    names = [found.symbol_name(index) for index in range(len(found.symbols))]
    assert {"data", "zero", "constant", "weak", "far", "printf", "start"} <= set(names)
    assert set(found.global_names) >= {"data", "weak", "far"}
    assert "start" not in found.global_names
    number = names.index("data")
    section = found.sections[found.symbol_sections[number]]
    start = int(section["offset"]) + int(found.symbols[number]["value"])
    assert data[start : start + 4] == b"\5\0\0\0"


def test_it_agrees_with_readelf(tmp_path: Path) -> None:
    for number, data in enumerate(samples()):
        found = read_object(f"{number}.o", data)
        path = tmp_path / f"{number}.o"
        path.write_bytes(data)
        done = subprocess.run(["readelf", "-rW", path], capture_output=True, check=True)
        relocations = sum(
            len(relocation_table(found, int(index)))
            for index in range(len(found.sections))
            if found.sections[index]["type"] == elf.SHT_RELA
        )
        assert done.stdout.count(b" R_X86_64_") == relocations


@pytest.mark.parametrize("index", range(6))
def test_whole_samples_link(index: int) -> None:
    unit = link_with_fakes("sample.o", samples()[index])
    assert unit.definitions


@pytest.mark.parametrize("index", range(6))
def test_truncated_objects(index: int) -> None:
    data = samples()[index]
    for size in range(0, len(data), 64):
        with pytest.raises(ObjectFormatError, match=r"^cut\.o: "):
            read_object("cut.o", data[:size])
    for size in range(64):
        with pytest.raises(ObjectFormatError, match=r"^cut\.o: "):
            read_object("cut.o", data[:size])


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 5), EDITS)
def test_random_corruptions(index: int, edits: list[Edit]) -> None:
    read_and_link(corrupted(samples()[index], edits))


EDGE_WORDS = [0, 1, 2, 9, 0xFF, 0x1000, 0x80000000, 1 << 47, 1 << 63, (1 << 64) - 8, (1 << 64) - 1]
EDGE_SAMPLES = pytest.mark.parametrize("index", [0, 3, 5], ids=["C", "C++", "assembly"])

Field = tuple[str, int]  # name, size
SECTION_FIELDS = [(name, elf.SECTION[name].itemsize) for name in elf.SECTION.names or ()]
SYMBOL_FIELDS = [(name, elf.SYMBOL[name].itemsize) for name in elf.SYMBOL.names or ()]
RELA_FIELDS = [(name, elf.RELA[name].itemsize) for name in elf.RELA.names or ()]


def with_field(data: bytes, start: int, fields: list[Field], name: str, value: int) -> bytes:
    changed = bytearray(data)
    offset = start
    for field, size in fields:
        if field == name:
            changed[offset : offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
            return bytes(changed)
        offset += size
    raise AssertionError(name)


@EDGE_SAMPLES
@pytest.mark.parametrize("field", [name for name, _ in SECTION_FIELDS])
def test_edge_values_in_section_headers(index: int, field: str) -> None:
    data = samples()[index]
    (table,) = struct.unpack_from("<Q", data, 40)
    for section in range(len(read_object("x.o", data).sections)):
        for value in EDGE_WORDS:
            read_and_link(with_field(data, table + 64 * section, SECTION_FIELDS, field, value))


@EDGE_SAMPLES
@pytest.mark.parametrize("field", [name for name, _ in SYMBOL_FIELDS])
def test_edge_values_in_symbols(index: int, field: str) -> None:
    data = samples()[index]
    found = read_object("x.o", data)
    start = int(found.sections[found.sections["type"] == elf.SHT_SYMTAB][0]["offset"])
    for symbol in range(0, len(found.symbols), 3):
        for value in EDGE_WORDS:
            read_and_link(with_field(data, start + 24 * symbol, SYMBOL_FIELDS, field, value))


@EDGE_SAMPLES
@pytest.mark.parametrize("field", [name for name, _ in RELA_FIELDS])
def test_edge_values_in_relocations(index: int, field: str) -> None:
    data = samples()[index]
    found = read_object("x.o", data)
    for section in found.sections[found.sections["type"] == elf.SHT_RELA]:
        for value in EDGE_WORDS:
            read_and_link(with_field(data, int(section["offset"]), RELA_FIELDS, field, value))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400).map(lambda tail: b"\x7fELF\x02\x01\x01" + bytes(9) + tail))
@example(b"")
@example(b"\x7fELF")
def test_random_bytes(data: bytes) -> None:
    with pytest.raises(ObjectFormatError, match=r"^strange\.o: "):
        read_object("strange.o", data)


def test_reading_does_not_need_a_symbol_table() -> None:
    data = assemble(".text\nnop\n")
    (table,) = struct.unpack_from("<Q", data, 40)
    for section, header in enumerate(read_object("x.o", data).sections):
        if header["type"] == elf.SHT_SYMTAB:
            data = with_field(data, table + 64 * section, SECTION_FIELDS, "type", elf.SHT_PROGBITS)
    assert len(build([read_object("x.o", data)], X86_64()).symbol_value) == 1


# Foreign input: the message names the file and what is wrong with it.


def build_program(tmp_path: Path, *flags: str) -> bytes:
    source, made = tmp_path / "p.c", tmp_path / "p"
    source.write_text("int main(void) { return 0; }")
    subprocess.run(["gcc", *flags, "-o", made, source], check=True)
    return made.read_bytes()


def patched(offset: int, *values: int) -> Callable[[Path], bytes]:
    def make(_: Path) -> bytes:
        data = bytearray(samples()[0])
        data[offset : offset + len(values)] = bytes(values)
        return bytes(data)

    return make


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: b"", "not an ELF object"),
        (lambda _: b"int main() {}\n", "not an ELF object"),
        (lambda _: ARCHIVE_MAGIC + b"x" * 80, "not an ELF object"),
        (lambda _: b"BC\xc0\xde" + bytes(100), "not an ELF object"),
        (lambda _: b"\x7fELF", "truncated"),
        (lambda path: build_program(path, "-no-pie"), "executable"),
        (lambda path: build_program(path, "-shared", "-fPIC"), "shared object"),
        (patched(16, 4), "core file"),
        (patched(16, 99), "e_type 99"),
        (patched(4, 1), "64-bit"),
        (patched(4, 1, 1, 1), "64-bit"),
        (patched(5, 2), "little-endian"),
        (patched(18, 183, 0), "machine.*183"),
        (patched(18, 3, 0), "machine.*3"),
        (patched(40, *bytes(8)), "section table"),
        (patched(40, *[255] * 7, 127), "section table"),
        (patched(58, 12), "section table"),
    ],
    ids=[
        "empty",
        "source",
        "archive",
        "bitcode",
        "magic only",
        "executable",
        "shared object",
        "core",
        "unknown type",
        "32-bit",
        "32-bit little endian",
        "big endian",
        "AArch64",
        "i386",
        "no sections",
        "sections far away",
        "odd section headers",
    ],
)
def test_foreign_input_is_named(
    make: Callable[[Path], bytes], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ObjectFormatError, match=f"^some/file.o: .*{message}"):
        read_object("some/file.o", make(tmp_path))


def section_header(data: bytes, name: str) -> int:
    (table,) = struct.unpack_from("<Q", data, 40)
    return int(table) + 64 * read_object("x.o", data).section_names.index(name)


def test_relocations_without_addends_are_refused() -> None:
    """The psABI has none on x86-64, and to leave them out would be wrong code."""
    data = assemble(".globl f\nf: call g\n")
    header = section_header(data, ".rela.text")
    data = with_field(data, header, SECTION_FIELDS, "type", elf.SHT_REL)
    with pytest.raises((ObjectFormatError, LinkError), match=r"^odd\.o: "):
        link_with_fakes("odd.o", data)


def test_a_compressed_section_is_not_taken_as_it_is() -> None:
    data = assemble(".globl x\n.data\nx: .quad 1, 2, 3, 4\n")
    header = section_header(data, ".data")
    flags = elf.SHF_ALLOC | elf.SHF_WRITE | elf.SHF_COMPRESSED
    data = with_field(data, header, SECTION_FIELDS, "flags", flags)
    with pytest.raises((ObjectFormatError, LinkError), match=r"^odd\.o: "):
        link_with_fakes("odd.o", data)


def test_a_symbol_outside_of_its_relocations_table_is_refused() -> None:
    data = assemble(".globl f\nf: call g\n")
    found = read_object("x.o", data)
    header = found.sections[found.section_names.index(".rela.text")]
    data = with_field(data, int(header["offset"]), RELA_FIELDS, "symbol", 4000)
    with pytest.raises((ObjectFormatError, LinkError), match=r"^odd\.o: "):
        link_with_fakes("odd.o", data)


def test_names_that_are_no_text_survive() -> None:
    data = assemble(".globl abcd\n.data\nabcd: .quad 1\n").replace(b"abcd", b"a\xff\xfed")
    unit = link_with_fakes("x.o", data)
    assert list(unit.definitions) == ["a\udcff\udcfed"]
