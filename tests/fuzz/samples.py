"""What is fuzzed: objects of both compilers, archives, a linker script."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runtime.objects import elf
from runtime.objects.object_reader import read_object
from tests.support.runtime import assemble, compile_source

C = """
extern int far[]; int printf(const char *, ...); int data = 5, zero[40]; const int constant = 6;
int tentative; long other_tentative[9];
__attribute__((weak)) int weak(int x) { return x + far[1]; }
static int unused(int x) { return x * tentative; }
int (*pointer)(int) = unused;
__attribute__((constructor(200))) static void start(void) { printf("%d", data + zero[3]); }
__attribute__((destructor)) static void stop(void) { weak(2); }
"""
CPP = """
extern "C" int puts(const char *);
struct Loud { virtual ~Loud() { puts("gone"); } };
inline int counted() { static int n = 3; return ++n; }
template <class T> T twice(T x) { return x + x; }
Loud loud;
int go(int n) { try { if (n) throw n; } catch (int k) { return twice(k) + counted(); } return 0; }
"""
THREAD_LOCALS = """
__thread int mine = 5; __thread long zeroed[20]; static __thread char local;
extern __thread int theirs;
long sum(void) { return mine + zeroed[1] + local++ + theirs; }
"""
INDIRECT = """
static int one(void) { return 1; }
static int (*choose(void))(void) { return one; }
int number(void) __attribute__((ifunc("choose")));
int call(void) { return number(); }
"""
ASSEMBLY = """
.globl f, own
f: call g
 mov h@GOTPCREL(%rip), %rax
 jmp *h@GOTPCREL(%rip)
 lea _GLOBAL_OFFSET_TABLE_(%rip), %rcx
 mov $own@SIZE, %ecx
 ret
.set fixed, 0x1234
.data
own: .quad f, own - ., own@GOTOFF, h@GOT, fixed
.size own, 40
.section .ctors.65000,"aw",@progbits
.quad f
.bss
.align 64
.zero 9
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A link: ``files`` by name, its ``inputs`` as on the command line.

    ``target`` is the file that is changed.
    """

    name: str
    files: dict[str, bytes]
    inputs: tuple[str, ...]
    target: str
    whole_archive: bool = False


def all_samples() -> list[Sample]:
    """Every kind of input that the linker reads."""
    return [
        _one_object("C, gcc", compile_source(C, "-O0")),
        _one_object("C, gcc, debug", compile_source(C, "-O2", "-g", "-ffunction-sections")),
        _one_object("C, gcc, common", compile_source(C, "-O2", "-fPIC", "-fcommon")),
        _one_object("C, clang", compile_source(C, "-O1", "-fPIC", "-fcommon", compiler="clang-22")),
        _one_object("C++, gcc", compile_source(CPP, "-fPIC", language="c++")),
        _one_object("C++, clang", compile_source(CPP, "-O2", language="c++", compiler="clang-22")),
        _one_object("thread-locals", compile_source(THREAD_LOCALS, "-fPIC")),
        _one_object("indirect function", compile_source(INDIRECT, "-fPIC", "-O1")),
        _one_object("assembly", assemble(ASSEMBLY)),
        _one_object("extended section numbers", with_extended_numbers(assemble(ASSEMBLY))),
        _two_objects(),
        *_archives(),
        _linker_script(),
    ]


def _one_object(name: str, data: bytes) -> Sample:
    return Sample(name, {"main.o": data}, ("main.o",), "main.o")


def _two_objects() -> Sample:
    """COMDAT groups, weak and common symbols that both have."""
    first = compile_source(CPP, "-fPIC", "-O2", language="c++", compiler="clang-22")
    second = compile_source(CPP.replace("go(", "go2(").replace("Loud loud;", "extern Loud loud;"),
                            "-fPIC", language="c++")  # fmt: skip
    return Sample("COMDAT", {"a.o": first, "b.o": second}, ("a.o", "b.o"), "b.o")


_NEEDS = "int one(void); int main(void) { return one(); }"
_MEMBERS = {
    "one.o": "int two(void); int one(void) { return two(); }",
    "a_member_with_a_long_name.o": "int two(void) { return 42; }",
    "not_needed.o": "int missing(void); int never(void) { return missing(); }",
}


def _archives() -> list[Sample]:
    members = {name: compile_source(text, "-fPIC") for name, text in _MEMBERS.items()}
    main = {"main.o": compile_source(_NEEDS, "-fPIC")}
    inputs = ("main.o", "libx.a")
    plain = main | {"libx.a": _archive(members, "ar", "rcs")}
    thin = main | members | {"libx.a": _archive(members, "ar", "rcsT")}
    wide = main | {"libx.a": with_wide_index(plain["libx.a"])}
    return [
        Sample("archive", plain, inputs, "libx.a"),
        Sample("whole archive", plain, inputs, "libx.a", whole_archive=True),
        Sample("thin archive", thin, inputs, "libx.a"),
        Sample("member of a thin archive", thin, inputs, "one.o"),
        Sample("archive with a 64-bit index", wide, inputs, "libx.a"),
    ]


def _archive(members: dict[str, bytes], *command: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in members.items():
            Path(folder, name).write_bytes(data)
        subprocess.run([*command, "libx.a", *members], cwd=folder, check=True)
        return Path(folder, "libx.a").read_bytes()


def _linker_script() -> Sample:
    text = (
        "/* GNU ld script */\nOUTPUT_FORMAT(elf64-x86-64)\n"
        "GROUP ( ./libreal.so AS_NEEDED ( ./libother.so.1 ) )\n"
    )
    library = bytearray(compile_source(""))  # nobody looks behind its header
    library[16] = elf.ET_DYN
    files = {
        "main.o": compile_source("int main(void) { return 0; }"),
        "libscript.so": text.encode(),
        "libreal.so": bytes(library),
        "libother.so.1": bytes(library),
    }
    return Sample("linker script", files, ("main.o", "-lscript"), "libscript.so")


def with_wide_index(archive: bytes) -> bytes:
    """A GNU archive with the index that archives of over 4 GiB have (``/SYM64/``)."""
    size = int(archive[8 + 48 : 8 + 58])
    (count,) = struct.unpack_from(">I", archive, 68)
    offsets = struct.unpack_from(f">{count}I", archive, 72)
    names = archive[72 + 4 * count : 68 + size]
    wide_size = size + 4 * (count + 1)
    moved = [offset + 4 * (count + 1) for offset in offsets]
    index = struct.pack(f">{count + 1}Q", count, *moved) + names
    header = b"/SYM64/".ljust(48) + str(wide_size).encode().ljust(10) + b"`\n"
    assert wide_size % 2 == 0, "members start at even offsets"
    return archive[:8] + header + index + archive[68 + size :]


def with_extended_numbers(data: bytes) -> bytes:
    """The same object as if it had more sections than 16 bits can number.

    All that the gABI provides for such objects: the count and the index of the names
    in section 0, and the symbols' sections in a SHT_SYMTAB_SHNDX section.
    """
    found = read_object("sample.o", data)
    symbols = found.symbols.copy()
    placed = found.symbol_sections > 0
    numbers = found.symbol_sections.clip(0).astype("<u4")
    symbols["shndx"][placed] = elf.SHN_XINDEX
    table = int((found.sections["type"] == elf.SHT_SYMTAB).argmax())
    start = int(found.sections[table]["offset"])
    contents = bytearray(data)
    contents[start : start + symbols.nbytes] = symbols.tobytes()
    contents += bytes(-len(contents) % 8)
    sections = found.sections.tolist()
    sections.append((0, elf.SHT_SYMTAB_SHNDX, 0, 0, len(contents), numbers.nbytes, table, 0, 4, 4))
    contents += numbers.tobytes() + bytes(-numbers.nbytes % 8)
    header = list(elf.EHDR.unpack_from(data))
    header[6], header[12], header[13] = len(contents), 0, 0xFFFF
    names = elf.EHDR.unpack_from(data)[13]
    sections[0] = (*sections[0][:5], len(sections), names, *sections[0][7:])
    contents += b"".join(struct.pack("<IIQQQQIIQQ", *section) for section in sections)
    contents[: elf.EHDR.size] = elf.EHDR.pack(*header)
    return bytes(contents)


def write_files(sample: Sample, folder: Path) -> None:
    """Put a sample's files into a folder of its own."""
    os.makedirs(folder)
    for name, data in sample.files.items():
        Path(folder, name).write_bytes(data)
