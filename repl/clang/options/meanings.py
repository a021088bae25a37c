"""What options of Clang's mean here: most go on to Clang, a few have no meaning in a shell.

An option that asks for something else than to run code is refused. One that only says how a
file is to be written that nobody writes here is ignored, with a warning if somebody may wait
for its effect.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from repl.clang.options.reading import Option


class Verdict(enum.Enum):
    """What becomes of an option."""

    PASSED = enum.auto()
    IGNORED = enum.auto()
    WARNED = enum.auto()  # ignored too
    REFUSED = enum.auto()


class Meaning(Struct, frozen=True):
    """``why``: the end of a sentence that begins with the option."""

    verdict: Verdict
    why: str = ""


_PASSED = Meaning(Verdict.PASSED)
_IGNORED = Meaning(Verdict.IGNORED, "changes nothing here")


def _warned(why: str) -> Meaning:
    return Meaning(Verdict.WARNED, why)


def _refused(why: str) -> Meaning:
    return Meaning(Verdict.REFUSED, why)


_NO_FILE = _refused("names a file to write, but forkrepl runs code and writes none: leave it out")
_ONLY_PREPROCESSES = _refused("only preprocesses, but forkrepl runs code: clang++-22 does it")
_ASKS = _refused("asks Clang something and compiles nothing: ask clang++-22")
_ANALYSES = _refused("analyses code, but forkrepl runs it: clang++-22 or clang-tidy does it")
_OTHER_LANGUAGE = _refused("is for another language, but forkrepl runs C and C++")
_OTHER_SYSTEM = _refused("is for another system's linker, but code runs here as on Linux")
_MAKES_LIBRARY = _refused(
    "makes a file to link with, but forkrepl runs code: build it with clang++, load it with -l"
)
_OTHER_MACHINE = _refused("is for another machine, but code runs here as 64-bit code for x86")
_COVERAGE = _refused("counts what runs in a file at the program's end: only clang++-22 does it")
_LINKED_HERE = _warned("has no effect: forkrepl's own linker has no such choice")
_NO_RECORD = _warned("has no effect: forkrepl writes no such file")
_LOADED = _warned("has no effect: libraries are loaded, and not linked in")

_BY_NAME = {
    "-o": _NO_FILE,
    "-c": _refused("only compiles, but forkrepl runs code: clang++-22 does it"),
    "-E": _ONLY_PREPROCESSES,
    "-M": _ONLY_PREPROCESSES,
    "-MM": _ONLY_PREPROCESSES,
    "-S": _refused("asks for assembly: '%asm' shows it in a session, clang++-22 writes it"),
    "-emit-llvm": _refused("asks for LLVM's IR: '%ir' shows it in a session, clang++-22 writes it"),
    "-fsyntax-only": _refused("runs nothing, but forkrepl runs code: clang++-22 does it"),
    "-###": _refused("runs nothing: -v shows what Clang is told"),
    "--": _refused("ends the options, so it is none"),
    "--version": _ASKS,
    "--help": _ASKS,
    "--help-hidden": _ASKS,
    "--target-help": _ASKS,
    "-dumpmachine": _ASKS,
    "-dumpversion": _ASKS,
    "-dumpspecs": _ASKS,
    "--autocomplete=": _ASKS,
    "--analyze": _ANALYSES,
    "--analyzer-output": _ANALYSES,
    "--analyzer-no-default-checks": _ANALYSES,
    "-emit-ast": _NO_FILE,
    "--emit-extension-symbol-graphs": _NO_FILE,
    "-emit-symbol-graph": _NO_FILE,
    "--symbol-graph-dir=": _NO_FILE,
    "-rewrite-legacy-objc": _OTHER_LANGUAGE,
    "-ObjC": _OTHER_LANGUAGE,
    "-ObjC++": _OTHER_LANGUAGE,
    "--shared": _MAKES_LIBRARY,
    "-shared": _MAKES_LIBRARY,
    "-r": _MAKES_LIBRARY,
    "--emit-static-lib": _MAKES_LIBRARY,
    "-dynamiclib": _MAKES_LIBRARY,
    "-m16": _OTHER_MACHINE,
    "-m32": _OTHER_MACHINE,
    "-mx32": _OTHER_MACHINE,
    "-miamcu": _OTHER_MACHINE,
    "-mbig-endian": _OTHER_MACHINE,
    "--coverage": _COVERAGE,
    "-coverage": _COVERAGE,
    "-ftest-coverage": _COVERAGE,
    "-fprofile-arcs": _COVERAGE,
    "-fprofile-generate": _COVERAGE,
    "-fprofile-generate=": _COVERAGE,
    "-fprofile-instr-generate": _COVERAGE,
    "-fprofile-instr-generate=": _COVERAGE,
    "-fcs-profile-generate": _COVERAGE,
    "-fcs-profile-generate=": _COVERAGE,
    "-fcoverage-mapping": _COVERAGE,
    "-pg": _refused("profiles by a file that the program writes at its end: --perf is here for it"),
    "-p": _refused("profiles by a file that the program writes at its end: --perf is here for it"),
    "-framework": _OTHER_SYSTEM,
    "-static": _LOADED,
    "-nostdlib": _LOADED,
    "-nostdlib++": _LOADED,
    "-nodefaultlibs": _LOADED,
    "-nolibc": _LOADED,
    "-nostartfiles": _LOADED,
    "-T": _refused("is a linker script, and forkrepl's own linker takes none"),
    "-X": _LINKED_HERE,
    "-e": _refused("names an entry point: 'forkrepl link --entry NAME' has one"),
    "-u": _LINKED_HERE,
    "-undefined": _LINKED_HERE,
    "-t": _LINKED_HERE,
    "-z": _IGNORED,
    "-s": _IGNORED,
    "-rdynamic": _IGNORED,
    "-pie": _IGNORED,
    "-no-pie": _IGNORED,
    "-nopie": _IGNORED,
    "-static-pie": _LOADED,
    "-static-libgcc": _IGNORED,
    "-static-libstdc++": _IGNORED,
    "-static-openmp": _IGNORED,
    "-static-libsan": _IGNORED,
    "-shared-libsan": _IGNORED,
    "-shared-libgcc": _IGNORED,
    "-dynamic": _IGNORED,
    "--ld-path=": _IGNORED,
    "-fuse-ld=": _IGNORED,
    "--pipe": _IGNORED,
    "-pipe": _IGNORED,
    "-time": _IGNORED,
    "-no-pthread": _PASSED,
    "-MD": _NO_RECORD,
    "-MMD": _NO_RECORD,
    "-MJ": _NO_RECORD,
    "-H": _NO_RECORD,
    "-save-temps=": _NO_RECORD,
    "-save-stats=": _NO_RECORD,
    "-ftime-trace": _NO_RECORD,
    "-ftime-trace=": _NO_RECORD,
    "-ftime-report": _NO_RECORD,
    "-ftime-report=": _NO_RECORD,
    "-fsave-optimization-record": _NO_RECORD,
    "-fsave-optimization-record=": _NO_RECORD,
    "-fstack-usage": _NO_RECORD,
    "-gsplit-dwarf": _NO_RECORD,
    "-gsplit-dwarf=": _NO_RECORD,
    "--serialize-diagnostics": _NO_RECORD,
    "-dependency-file": _NO_RECORD,
    "-dependency-dot": _NO_RECORD,
    "-module-dependency-dir": _NO_RECORD,
    "-flto": _IGNORED,
    "-flto=": _IGNORED,
    "-flto=auto": _IGNORED,
    "-flto=jobserver": _IGNORED,
    "-ffat-lto-objects": _IGNORED,
    "-fno-fat-lto-objects": _IGNORED,
    "-fembed-bitcode": _IGNORED,
    "-fembed-bitcode=": _IGNORED,
    "-dumpdir": _IGNORED,
}

_BY_GROUP = {
    "action group": _refused("does not run code, but forkrepl does: clang++-22 does it"),
    "gfortran group": _OTHER_LANGUAGE,
    "CUDA group": _OTHER_LANGUAGE,
    "HIP group": _OTHER_LANGUAGE,
    "offload group": _OTHER_LANGUAGE,
    "SYCL group": _OTHER_LANGUAGE,
    "opencl group": _OTHER_LANGUAGE,
    "HLSL group": _OTHER_LANGUAGE,
    "clang-dxc options": _OTHER_LANGUAGE,
    "Static analyzer group": _ANALYSES,
    "M group": _IGNORED,  # -MF FILE and others: what is told of it belongs to -MD
    "T/e/s/t/u group": _LINKED_HERE,
    "clang internal options": _refused("is for those who develop Clang"),
}
_QUESTIONS = ("-print-", "--print-", "-ccc-")


def meaning_of(option: Option) -> Meaning:
    """What becomes of an option, whatever its value is."""
    if option.is_unsupported:
        return _refused("is not supported by Clang")
    found = _BY_NAME.get(option.name)
    if found is not None:
        return found
    if option.name.startswith(_QUESTIONS):
        return _ASKS
    for group in option.groups:
        if group in _BY_GROUP:
            return _BY_GROUP[group]
    return _PASSED


def is_foreign(option: Option) -> bool:
    """Whether an option is for another machine than ours."""
    return meaning_of(option) is _OTHER_MACHINE
