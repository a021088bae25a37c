"""``repl/clang/protocol.py`` and the frontend say the same; what else comes is refused."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repl import native_programs
from repl.clang import code_generator, framing, protocol
from repl.clang.code_generator import CodeGenerator
from repl.clang.framing import Channel, receive_message
from repl.clang.frontend import Frontend
from repl.clang.frontend_copies import FrontendCopies
from repl.display import type_table
from repl.display.type_table import TypeEntry, TypeTable
from repl.display.types import ValueType
from repl.editor import code_answers
from repl.errors import CompileError, CompilerDied, MalformedMessage
from repl.input.source import Source
from tests.support.runtime import ROOT

FRONTEND = ROOT / "repl" / "frontend_process"


def structs(*modules: Any) -> list[type[msgspec.Struct]]:
    found = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct)
    }
    return sorted(found - {msgspec.Struct}, key=lambda each: each.__name__)


REQUESTS = [
    each
    for each in structs(protocol)
    if issubclass(each, protocol.Request) and each is not protocol.Request
]
SAID = {
    name
    for each in structs(protocol, type_table, code_answers)
    if not issubclass(each, protocol.Request)
    if each is not code_answers.CodeAnswer
    for name in each.__struct_encode_fields__
}


def test_operations_are_the_same() -> None:
    served = {
        operation
        for name in ("frontend.cpp", "queries.cpp")
        for operation in re.findall(r'Operation == "(\w+)"', (FRONTEND / name).read_text())
    }
    assert served == {each.__struct_config__.tag for each in REQUESTS}


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda each: str(each.__name__))
def test_the_frontend_reads_what_requests_have(request_type: type[msgspec.Struct]) -> None:
    sources = "".join(path.read_text() for path in FRONTEND.glob("*.cpp"))
    for name in request_type.__struct_encode_fields__:
        assert re.search(rf'get(?:Array|Boolean|Integer|String)\("{name}"\)', sources), name


def test_kinds_of_types_are_the_same() -> None:
    sources = "".join(
        (FRONTEND / name).read_text() for name in ("type_table.cpp", "record_layout.cpp")
    )
    made = set(re.findall(r'"kind"(?:, |\] = )"([a-z0-9 ]+)"', sources))
    made |= set(re.findall(r'[?:] "([a-z0-9 ]+)"', sources))  # as the condition says
    made |= set(re.findall(r'return "([a-z0-9 ]+)";', sources))
    assert made == set(type_table.Kind.__args__)  # type: ignore[attr-defined]


INPUTS = [
    "#include <array>\n#include <ostream>\nint counted;",
    "enum Style { bold = 1 }; int call(int);",
    "struct First { virtual ~First(); int bits : 3; };",
    "struct Second : virtual First { Style style; }; struct Third : Second { union { int i; }; };",
    "namespace n { struct Streamed {}; std::ostream &operator<<(std::ostream &to, Streamed); }",
    "struct Range { int *begin() const { return nullptr; } int *end() const { return nullptr; } };",
    '#pragma cling load("libm.so.6")\nint loaded;',
    "/// About it.\nconstexpr int constant = 7; int &reference = counted;",
]
VALUES = [
    "Third *third = nullptr; *third",
    "&Third::i",
    "std::array<char, 3>()",
    "[counted = 1] { return counted; }",
    "(unsigned _BitInt(7))1",
    "struct { int Third::*member; const char *text; n::Streamed s; Range r; } all; all",
]


class Listener:
    """Decodes messages of a kind, and compares each with what is left of it then."""

    def __init__(self, kind: type[msgspec.Struct], names: set[str]) -> None:
        self._kind = kind
        self._names = names  # of all fields that have been said

    def decode(self, text: bytes) -> msgspec.Struct:
        message = msgspec.json.decode(text, type=self._kind)
        self.compare(json.loads(text), json.loads(msgspec.json.encode(message)))
        return message

    def compare(self, said: object, understood: object) -> None:
        if isinstance(said, dict):
            assert isinstance(understood, dict)
            assert not said.keys() - understood.keys()
            self._names.update(said)
            for name in said:
                self.compare(said[name], understood[name])
        elif isinstance(said, list):
            assert isinstance(understood, list)
            for each, other in zip(said, understood, strict=True):
                self.compare(each, other)
        else:
            assert said == understood


def test_all_that_the_frontend_says_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: set[str] = set()
    monkeypatch.setattr(framing, "_decoder", lambda kind: Listener(kind, names))
    program = native_programs.frontend()
    with Frontend(program, ["-xc++", "-std=c++20"], redefinition=True) as frontend:
        for text in INPUTS:
            frontend.parse(Source(text, "In"))
        for text in VALUES:
            parsed = frontend.parse(Source(text, "In"))
            assert parsed.value is not None
            types = tuple(range(len(parsed.value.type.types)))
            with frontend.scratch() as copy:
                copy.ask(protocol.FindPrinters(types), b"", 30)
        (tmp_path / "header.h").write_text("extern int declared;\n")
        frontend.parse(Source(f'#include "{tmp_path / "header.h"}"\n', "In"))
        frontend.parse(Source("double counted;", "In"))  # a redefinition
        frontend.parse(Source("int unfinished", "In"))  # whose `;` is missing
        with pytest.raises(CompileError):
            frontend.parse(Source("missing", "In"))
        count = frontend.length
        questions: list[tuple[protocol.Request[Any], bytes]] = [
            (protocol.DescribeType(), b"using __forkrepl_query = decltype((counted));"),
            (protocol.DescribeName(), b"Second"),
            (protocol.DescribeName(), b"constant"),
            (protocol.FindDeclarations(count), b""),
            (protocol.FindPieces(count), b""),
            (protocol.DescribeShapes(count), b""),
            (protocol.FindIndependent(count, ("First",)), b""),
            (protocol.FindEnds(whole=False, limit=1000), b"int end;\n(1"),
            (protocol.Complete(1, 2), b"c"),
            (protocol.DescribeCall(1, 6), b"call("),
        ]
        for question, blob in questions:
            with frontend.scratch() as copy:
                reply, _ = copy.ask(question, blob, 30)
                assert reply.ok
    header = tmp_path / "stddef.pch"
    command = [str(program), "--precompile", str(os.getpid()), str(header), "-xc++"]
    main_file = b'#line 1 "/<precompiled>"\n#include <stddef.h>\n'
    subprocess.run(command, input=main_file, stdout=subprocess.DEVNULL, check=True)
    copies = FrontendCopies(program, ["-xc++"])
    copy = copies.fork_root()
    assert copy.ask(protocol.BeginPrecompiled(str(header), ("In:1",), 0), b"", 30)[0].ok
    copy.kill()
    copies.close()
    assert SAID - names == set()


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"ok": "yes"}',
    b'{"ok": true, "value": {"type": {"root": -1, "types": []}}}',
    b'{"ok": true, "redefines": [{"input": 1}]}',
    b'{"ok": true, "rendered": "\xff"}',
]


def frame(text: bytes, blob: bytes = b"") -> bytes:
    return struct.pack("<II", len(text), len(blob)) + text + blob


def receive(stream: bytes) -> tuple[protocol.Parsed, bytes]:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(stream)
        return receive_message(Channel(ours), protocol.Parsed)


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_message_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedMessage, match="malformed message"):
        receive(frame(text))


def test_a_message_that_is_too_large_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="4294967296 bytes"):
        receive(struct.pack("<II", 1, (1 << 32) - 1))


def test_a_message_with_all_it_may_have() -> None:
    received = receive(frame(b'{"ok": true, "later": 1}', b"code"))
    assert received == (protocol.Parsed(ok=True), b"code")


@given(st.binary(max_size=100))
def test_any_bytes_are_a_message_or_an_error(text: bytes) -> None:
    for stream in (text, frame(text)):
        try:
            receive(stream)
        except (CompilerDied, MalformedMessage):
            continue


@pytest.mark.parametrize(
    "table",
    [
        TypeTable(0, ()),
        TypeTable(1, (TypeEntry("int", "int", 4),)),
        TypeTable(0, (TypeEntry("pointer", "char *", 8, element=1),)),
    ],
)
def test_indices_that_lead_nowhere(table: TypeTable) -> None:
    with pytest.raises(MalformedMessage, match="not in its table"):
        ValueType.from_table(table)


@pytest.fixture
def time_limit() -> Iterator[None]:
    """An error instead of an endless loop."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it goes on for ever"))
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def impostor(folder: Path, *replies: str) -> Path:
    """A program that says these one after another, whatever it is asked, and stays."""
    program = folder / "impostor"
    frames = [frame(reply.encode()) for reply in replies]
    program.write_text(
        f"#!{sys.executable}\nimport os\n"
        f"for reply in {frames!r}:\n    os.write(0, reply)\n"
        "while os.read(0, 1000): pass\n"
    )
    program.chmod(0o700)
    return program


@pytest.mark.usefixtures("time_limit")
@pytest.mark.parametrize(
    "replies", [["{}"], ['{"ok": true}', '{"pid": 1}']], ids=["greeting", "fork"]
)
def test_another_frontend(tmp_path: Path, replies: list[str]) -> None:
    with (
        Frontend(impostor(tmp_path, *replies), []) as frontend,
        pytest.raises(MalformedMessage, match="missing required field `ok`"),
    ):
        frontend.parse(Source("1", "In"))


@pytest.mark.usefixtures("time_limit")
def test_another_code_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = impostor(tmp_path, '{"error": 1}')
    monkeypatch.setattr(code_generator, "_COMMAND", [str(program)])
    with CodeGenerator() as generator:
        for _ in range(2):  # it is another one then
            generator.begin([b""], 0)
            with pytest.raises(MalformedMessage, match=r"Expected `str \| null`"):
                generator.finish()
