"""``runtime/protocol/wire.py`` and ``runtime/protocol/wire.h`` say the same."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import ExecutorError
from runtime.executor_client import calls
from runtime.protocol import crash, frames, wire
from runtime.protocol.frames import Frame
from runtime.protocol.wire import (
    CallEvent,
    Ending,
    ExceptionClass,
    Keep,
    Operation,
    Outcome,
    Printed,
    Sharing,
    ThrownException,
    Value,
    pack_strings,
    unpack_outcome,
    unpack_printed,
    unpack_value,
)
from tests.support.runtime import ROOT

HEADER = ROOT / "runtime" / "protocol" / "wire.h"

# The structs, their Python layouts, and their fields in the order of the layout.
LAYOUTS = {
    "wire_head": (wire.HEAD, ["size", "operation", "error"]),
    "wire_hello": (wire.HELLO, ["version", "pid", "page_size", "machine"]),
    "wire_thread_area": (wire.THREAD_AREA, ["offset", "size", "align"]),
    "wire_range": (wire.RANGE, ["address", "size", "protection"]),
    "wire_unit": (
        wire.UNIT,
        [
            "dso_handle",
            "text_start",
            "text_size",
            "eh_frame",
            "tls_module",
            "tls_image",
            "tls_size",
            "tls_align",
            "tls_offset",
            "move_count",
        ],
    ),
    "wire_checkpoint": (wire.CHECKPOINT, ["threads", "channels"]),
    "wire_keeper_report": (wire.KEEPER_REPORT, ["pid", "status"]),
    "wire_move": (wire.MOVE, ["source", "destination", "size"]),
    "wire_patch": (wire.PATCH, ["address", "size", "bytes"]),
    "wire_outcome": (
        wire.OUTCOME,
        [
            "kind",
            "status",
            "restored_signals",
            "exception_count",
            "unused",
        ],
    ),
    "wire_exception": (
        wire.EXCEPTION,
        ["type_length", "what_length", "frame_count", "is_complete"],
    ),
    "wire_element": (wire.ELEMENT, ["address", "has_text"]),
    "wire_printed": (wire.PRINTED, ["ending", "signal"]),
    "wire_calls": (
        wire.CALLS,
        [
            "number",
            "function",
            "argument",
            "unused",
            "answered",
            "event",
            "callback",
            "offset",
            "watched",
        ],
    ),
    "wire_call_back": (wire.CALL_BACK, ["kind", "unused", "number", "offset"]),
    "wire_value": (wire.VALUE, ["address", "size", "kept", "keep", "length"]),
    "wire_crash": (
        crash.CRASH,
        [
            "signal",
            "code",
            "address",
            "access",
            "pc",
            "sp",
            "process",
            "thread",
            "sender",
            "unused",
        ],
    ),
    "wire_crash_details": (
        crash.DETAILS,
        [
            "walked",
            "instruction",
            "is_complete",
            "newest_count",
            "mapping_count",
            "frame_count",
            "throw_count",
            "assertion_length",
        ],
    ),
    "wire_crash_mapping": (crash.MAPPING, ["start", "end", "protection", "name_length"]),
    "wire_crash_frame": (
        frames.FRAME,
        ["pc", "base", "is_return", "library_length", "symbol_length", "unused"],
    ),
}


def header_text() -> str:
    return re.sub(r"//[^\n]*", "", HEADER.read_text())


def struct_fields(name: str) -> list[str]:
    body = re.search(rf"struct {name} {{(.*?)}};", header_text(), re.DOTALL)
    assert body is not None, f"no struct {name}"
    return re.findall(r"(\w+)(?:\[\d+\])?\s*;", body[1])


def member_offsets(layout: struct.Struct) -> list[int]:
    codes = re.findall(r"\d*[a-zA-Z]", layout.format)
    return [struct.calcsize("<" + "".join(codes[:index])) for index in range(len(codes))]


@pytest.fixture(scope="module")
def compiled_layout(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What the C compiler makes of the header: sizes, offsets and constants."""
    folder = tmp_path_factory.mktemp("wire")
    expressions = ["WIRE_VERSION", "WIRE_MAX_PAYLOAD", "WIRE_MAX_VALUE"]
    for name in LAYOUTS:
        expressions.append(f"sizeof(struct {name})")
        expressions += [f"offsetof(struct {name}, {field})" for field in struct_fields(name)]
    prints = "\n".join(f'printf("%s=%zu\\n", "{e}", (size_t)({e}));' for e in expressions)
    source = Path(folder, "layout.c")
    source.write_text(
        f'#include <stddef.h>\n#include <stdio.h>\n#include "{HEADER}"\n'
        f"int main(void) {{ {prints} }}\n"
    )
    program = Path(folder, "layout")
    subprocess.run(["gcc", str(source), "-o", str(program)], check=True)
    output = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return {name: int(number) for name, number in re.findall(r"(.*)=(\d+)", output)}


def test_operations_are_the_same() -> None:
    body = re.search(r"enum wire_operation {(.*?)};", header_text(), re.DOTALL)
    assert body is not None
    declared = {name: int(number) for name, number in re.findall(r"WIRE_(\w+) = (\d+)", body[1])}
    assert declared == {operation.name: operation.value for operation in Operation}


def enumerators(path: Path, name: str) -> list[int]:
    body = re.search(rf"enum {name} {{(.*?)}};", path.read_text(), re.DOTALL)
    assert body is not None
    return [int(number) for number in re.findall(r"= (\d+),", body[1])]


def test_enumerations_are_the_same() -> None:
    platform = ROOT / "platform_support" / "native" / "forkrepl_platform.h"
    assert enumerators(platform, "forkrepl_keep") == list(Keep)
    assert enumerators(platform, "forkrepl_exception") == list(ExceptionClass)
    assert enumerators(HEADER, "wire_ending") == list(Ending)
    assert enumerators(HEADER, "wire_event") == list(CallEvent)
    assert enumerators(HEADER, "wire_sharing") == list(Sharing)


def test_constants_are_the_same(compiled_layout: dict[str, int]) -> None:
    assert compiled_layout["WIRE_VERSION"] == wire.VERSION
    assert compiled_layout["WIRE_MAX_PAYLOAD"] == wire.MAX_PAYLOAD
    assert compiled_layout["WIRE_MAX_VALUE"] == wire.MAX_VALUE


def test_words_of_calls(compiled_layout: dict[str, int]) -> None:
    words = {
        "number": calls._NUMBER,
        "function": calls._FUNCTION,
        "argument": calls._ARGUMENT,
        "answered": calls._ANSWERED,
        "event": calls._EVENT,
        "callback": calls._CALLBACK,
        "offset": calls._OFFSET,
        "watched": calls._WATCHED,
    }
    for name, index in words.items():
        assert compiled_layout[f"offsetof(struct wire_calls, {name})"] == 8 * index, name


def test_every_struct_of_the_header_is_compared() -> None:
    assert set(re.findall(r"struct (\w+) {", header_text())) == set(LAYOUTS)


@pytest.mark.parametrize("name", LAYOUTS)
def test_struct_layouts_are_the_same(name: str, compiled_layout: dict[str, int]) -> None:
    layout, fields = LAYOUTS[name]
    assert struct_fields(name) == fields
    assert layout.size == compiled_layout[f"sizeof(struct {name})"]
    offsets = [compiled_layout[f"offsetof(struct {name}, {field})"] for field in fields]
    assert member_offsets(layout) == offsets


def encode_outcome(
    *,
    kind: int = 0,
    status: int = 0,
    exceptions: Sequence[bytes] = (),
    restored_signals: int = 0,
    count: int | None = None,
) -> bytes:
    number = len(exceptions) if count is None else count
    fixed = wire.OUTCOME.pack(kind, status, restored_signals, number, 0)
    return fixed + b"".join(exceptions)


def encode_exception(
    name: bytes = b"int",
    what: bytes = b"",
    frame_pcs: Sequence[int] = (),
    counts: tuple[int, int, int] | None = None,
) -> bytes:
    """``counts``: what is told of the lengths and the number of frames."""
    head = wire.EXCEPTION.pack(*(counts or (len(name), len(what), len(frame_pcs))), 1)
    return head + name + what + b"".join(frames.FRAME.pack(pc, 0, 1, 0, 0, 0) for pc in frame_pcs)


def test_outcome_with_exceptions() -> None:
    outer = encode_exception(b"std::bad_alloc", "é".encode() + b"\xff", [0x1000, 0x2000])
    payload = encode_outcome(kind=1, status=3, exceptions=[outer, encode_exception()])
    calls = (Frame(0x1000, True), Frame(0x2000, True))
    assert unpack_outcome(payload) == Outcome(
        0,
        (
            ThrownException("std::bad_alloc", "é\N{REPLACEMENT CHARACTER}", calls),
            ThrownException("int", ""),
        ),
        exception_class=ExceptionClass.BAD_ALLOC,
    )


def test_outcome_with_restored_signals() -> None:
    outcome = unpack_outcome(encode_outcome(restored_signals=1 << 63 | 1 << 14 | 1 << 0))
    assert outcome == Outcome(0, (), (1, 15, 64))


@pytest.mark.parametrize("size", range(wire.OUTCOME.size))
def test_truncated_outcome_is_refused(size: int) -> None:
    with pytest.raises(ExecutorError, match="malformed"):
        unpack_outcome(encode_outcome()[:size])


@pytest.mark.parametrize(
    "payload",
    [
        encode_outcome(kind=2),
        encode_outcome(kind=0xFFFFFFFF),
        encode_outcome(kind=1, status=7, exceptions=[encode_exception()]),
        encode_outcome(kind=1),
        encode_outcome(exceptions=[encode_exception()]),
        encode_outcome(kind=1, exceptions=[encode_exception()], count=2),
        encode_outcome(kind=1, exceptions=[encode_exception()] * 5),
        encode_outcome(kind=1, exceptions=[encode_exception(counts=(4, 0, 0))]),
        encode_outcome(kind=1, exceptions=[encode_exception(counts=(2, 0, 0))]),
        encode_outcome(kind=1, exceptions=[encode_exception(counts=(0xFFFFFFFF, 4, 0))]),
        encode_outcome(kind=1, exceptions=[encode_exception(counts=(3, 0, 1))]),
        encode_outcome(kind=1, exceptions=[encode_exception(frame_pcs=[1] * 33)]),
        encode_outcome() + b"\0",
    ],
    ids=[
        "kind",
        "large kind",
        "class",
        "no exception",
        "an exception without having thrown",
        "exception missing",
        "too many exceptions",
        "text missing",
        "text left",
        "length wraps",
        "frame missing",
        "too many frames",
        "trailing byte",
    ],
)
def test_inconsistent_outcome_is_refused(payload: bytes) -> None:
    with pytest.raises(ExecutorError, match="malformed"):
        unpack_outcome(payload)


EXCEPTIONS = st.builds(
    encode_exception,
    st.binary(max_size=9),
    st.binary(max_size=9),
    st.lists(st.integers(0, 2**64 - 1), max_size=3),
    st.none() | st.tuples(*[st.integers(0, 12)] * 3),
)
OUTCOMES = st.builds(
    encode_outcome,
    kind=st.sampled_from([0, 1, 1, 2]),
    status=st.integers(0, 7),
    exceptions=st.lists(EXCEPTIONS, max_size=3),
    restored_signals=st.integers(0, 2**64 - 1),
    count=st.none() | st.integers(0, 5),
)


@given(st.binary(max_size=200) | OUTCOMES)
def test_any_bytes_are_an_outcome_or_an_error(payload: bytes) -> None:
    try:
        outcome = unpack_outcome(payload)
    except ExecutorError:
        return
    assert all(1 <= number <= 64 for number in outcome.restored_signals)
    # All of the payload has been taken, each byte once.
    position = wire.OUTCOME.size
    for each in outcome.exceptions:
        type_length, what_length, count, _ = wire.EXCEPTION.unpack_from(payload, position)
        begin = position + wire.EXCEPTION.size + type_length
        what = payload[begin : begin + what_length]
        assert (each.what, len(each.frames)) == (what.decode("utf-8", "replace"), count)
        position = begin + what_length + count * frames.FRAME.size
    assert position == len(payload)


def encode_value(size: int, data: bytes, length: int | None = None, keep: int = 2) -> bytes:
    length = len(data) if length is None else length
    return wire.VALUE.pack(0xDEADBEEF, size, 0x7F00_0000_1000, keep, length) + data


def test_value() -> None:
    expected = Value(0xDEADBEEF, 2**40, 0x7F00_0000_1000, Keep.BYTES, bytes(range(256)))
    assert unpack_value(encode_value(2**40, bytes(range(256)))) == expected


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        encode_value(0, b"")[:-1],
        encode_value(4, b"abcd", 3),
        encode_value(4, b"abcd", 5),
        encode_value(3, b"abcd"),
        encode_value(1 << 20, bytes(wire.MAX_VALUE + 1)),
        encode_value(4, b"abcd", keep=6),
    ],
    ids=["empty", "cut", "shorter", "longer", "more than all", "too much", "kept somehow"],
)
def test_a_malformed_value_is_refused(payload: bytes) -> None:
    with pytest.raises(ExecutorError, match="malformed"):
        unpack_value(payload)


def test_what_was_printed() -> None:
    payload = wire.PRINTED.pack(2, 11) + "é".encode() + b"\xff"
    expected = Printed(Ending.CRASHED, 11, "é\N{REPLACEMENT CHARACTER}")
    assert unpack_printed(payload) == expected
    for malformed in (b"", payload[:7], wire.PRINTED.pack(7, 0)):
        with pytest.raises(ExecutorError, match="malformed"):
            unpack_printed(malformed)


def test_an_element_of_a_range() -> None:
    assert wire.unpack_element(wire.ELEMENT.pack(5, 0) + b"x") == (5, None)
    assert wire.unpack_element(wire.ELEMENT.pack(5, 1) + b"x\xff") == (
        5,
        "x\N{REPLACEMENT CHARACTER}",
    )
    with pytest.raises(ExecutorError, match="malformed"):
        wire.unpack_element(bytes(15))


@given(st.one_of(st.integers(-64, -1), st.integers(0, 255)))
def test_how_a_process_ended_is_written_as_by_wait(exit_code: int) -> None:
    status = wire.pack_wait_status(exit_code)
    assert os.waitstatus_to_exitcode(status) == exit_code
    assert wire.unpack_wait_status(status) == exit_code


@given(st.integers(-(1 << 31), (1 << 31) - 1))
def test_any_number_is_a_wait_status_or_none(number: int) -> None:
    exit_code = wire.unpack_wait_status(number)
    assert exit_code is None or wire.pack_wait_status(exit_code) == number


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_strings_are_terminated_one_by_one(strings: list[str]) -> None:
    packed = pack_strings(strings)
    assert packed.count(b"\0") == len(strings)
    assert [text.decode() for text in packed.split(b"\0")[:-1]] == strings


def test_a_string_keeps_bytes_that_are_no_text() -> None:
    assert pack_strings(["f\udcff"]) == b"f\xff\0"


def test_a_string_with_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        pack_strings(["a", "b\0c"])
