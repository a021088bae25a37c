"""What C, C++ and Python each declare for themselves is the same. (The wire:
``test_wire_format``; the frontend's messages: ``test_frontend_protocol``.)"""

from __future__ import annotations

import ctypes
import re
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from repl.crash_reports.causes import CRASH_SIGNALS
from runtime.executor_client import in_process
from runtime.protocol.wire import Keep
from tests.support.runtime import ROOT

PLATFORM = ROOT / "platform_support" / "native" / "forkrepl_platform.h"
FRONTEND = ROOT / "repl" / "frontend_process"
EXECUTOR = ROOT / "runtime" / "executor_process"

MIRRORED: dict[str, tuple[str, type[ctypes.Structure]]] = {
    "unit": ("struct forkrepl_unit", in_process._Unit),
    "value": ("struct forkrepl_value", in_process._Value),
    "trace": ("struct forkrepl_trace", in_process._Trace),
    "cause": ("struct forkrepl_cause", in_process._Cause),
    "outcome": ("struct forkrepl_outcome", in_process._Outcome),
    "iovec": ("struct iovec", in_process._Iovec),
}
NAMES = {"iovec": {"base": "iov_base", "size": "iov_len"}}  # where they are not the same


def evaluate(folder: Path, expressions: Iterable[str]) -> list[int]:
    """What the C compiler makes of them."""
    prints = "\n".join(f'printf("%zu\\n", (size_t)({each}));' for each in expressions)
    source = folder / "mirrored.c"
    source.write_text(
        "#include <stddef.h>\n#include <stdio.h>\n#include <sys/mman.h>\n#include <sys/uio.h>\n"
        f'#include "{PLATFORM}"\nint main(void) {{ {prints} }}\n'
    )
    program = folder / "mirrored"
    subprocess.run(["gcc", "-D_GNU_SOURCE", str(source), "-o", str(program)], check=True)
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    return [int(line) for line in done.stdout.split()]


def body(path: Path, begin: str) -> str:
    """What is in the braces that follow these words."""
    match = re.search(re.escape(begin) + r"[^{};]*{(.*?)}", path.read_text(), re.DOTALL)
    assert match is not None, f"{path} has no {begin}"
    return re.sub(r"//[^\n]*", "", match[1])


@pytest.mark.parametrize("name", MIRRORED)
def test_structs_of_a_program_in_the_same_process(name: str, tmp_path: Path) -> None:
    declared, mirror = MIRRORED[name]
    fields = [(each[0], each[1]) for each in mirror._fields_]
    members = [NAMES.get(name, {}).get(field, field) for field, _ in fields]
    size, *places = evaluate(
        tmp_path,
        [f"sizeof({declared})"]
        + [f"offsetof({declared}, {member})" for member in members]
        + [f"sizeof((({declared} *)0)->{member})" for member in members],
    )
    assert ctypes.sizeof(mirror) == size
    offsets = [getattr(mirror, field).offset for field, _ in fields]
    assert offsets + [ctypes.sizeof(kind) for _, kind in fields] == places
    if name != "iovec":
        assert re.findall(r"(\w+)(?:\[\w+\])?;", body(PLATFORM, declared)) == members


def test_constants_of_the_system(tmp_path: Path) -> None:
    values = evaluate(
        tmp_path, ["MAP_PRIVATE | MAP_NORESERVE", "MAP_ANONYMOUS", "MAP_32BIT", "MADV_DONTNEED"]
    )
    assert values == [
        in_process._MAP_PRIVATE_NORESERVE,
        in_process._MAP_ANONYMOUS,
        in_process._MAP_32BIT,
        in_process._MADV_DONTNEED,
    ]


def test_how_values_are_kept() -> None:
    numbers = dict(
        re.findall(r"(\w+) = (\d+)", body(FRONTEND / "value_capture.h", "enum class Keep"))
    )
    names = {
        "No": "NOT_KEPT",
        "Object": "OBJECT",
        "Bytes": "BYTES",
        "Held": "HELD",
        "NumberedBytes": "NUMBERED_BYTES",
        "NumberedHeld": "NUMBERED_HELD",
    }
    assert {names[name]: int(number) for name, number in numbers.items()} == {
        each.name: each.value for each in Keep
    }


def test_signals_that_mean_a_crash() -> None:
    names = re.findall(r"\w+", body(EXECUTOR / "crash.c", "const int crash_signals[CRASH_SIGNALS]"))
    assert [signal.Signals[name] for name in names] == list(
        dict.fromkeys(signal.Signals[name] for name in names)
    )
    assert {signal.Signals[name] for name in names} == CRASH_SIGNALS
    assert int(body(EXECUTOR / "crash.h", "enum").split("=")[1]) == len(names)


def test_what_printers_call() -> None:
    """``struct printer_calls`` of the executor and ``__calls`` of what the frontend makes."""
    types = []
    for path, begin in (
        (EXECUTOR / "printer.c", "struct printer_calls"),
        (FRONTEND / "embedded" / "printers.h", "struct __calls"),
    ):
        members = re.sub(r"\b(?:text|size|address|has_text)\b", "", body(path, begin))
        types.append(re.sub(r"\s+|__", "", members))
    assert types[0] == types[1]


def test_functions_of_the_platform_library_that_inputs_call() -> None:
    text = (FRONTEND / "embedded" / "value_capture.h").read_text()
    declared = set(re.findall(r"(__forkrepl_\w+)\((?:const )?(?:void|unsigned)[^{]*?\);", text))
    sources = (ROOT / "platform_support" / "native" / "value_capture.c").read_text()
    assert declared
    for name in declared:
        assert re.search(rf"^[\w *]*\b{name}\([^;]*?\) {{", sources, re.MULTILINE), name
