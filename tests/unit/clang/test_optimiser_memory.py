"""What the optimiser makes for one module goes with it."""

from __future__ import annotations

from pathlib import Path

import llvmlite.binding as llvm
import pytest

from repl.clang.generation import Generate
from repl.code_generator_process.__main__ import ModuleCompiler

_CODE = "define i32 @f(i32 %x) {\n %y = add i32 %x, 1\n ret i32 %y\n}\n"
_ROUNDS = 400
_MOST_EACH = 8  # KiB; a pass manager that stays takes 57


def resident() -> int:
    """KiB of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_memory_does_not_grow_with_objects(level: int) -> None:
    compiler = ModuleCompiler()
    code = llvm.parse_assembly(_CODE).as_bitcode()
    wanted = Generate(level=level, modules=(len(code),))
    for _ in range(50):
        compiler.compile(code, wanted)
    before = resident()
    for _ in range(_ROUNDS):
        assert compiler.compile(code, wanted).startswith(b"\x7fELF")
    assert resident() - before < _ROUNDS * _MOST_EACH
