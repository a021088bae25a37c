"""FORKREPL_TRACE: what the processes say to each other can be watched."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import trace
from runtime.errors import WrongTrace
from tests.support.program import Run

LINE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{6} (?P<channel>\w+) "
    r"(?P<mine>\d+) (?P<way><-|->) (?P<pid>\d+|\?) (?P<what>.+)"
)
LONGEST = 4 * (2000 + 100) + 100  # characters: each byte may have been escaped


def lines_of(text: str) -> list[re.Match[str]]:
    lines = [LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    assert None not in lines
    return [line for line in lines if line is not None]


def test_a_conversation(forkrepl: Run, tmp_path: Path) -> None:
    file = tmp_path / "conversation"
    done = forkrepl("-c", "int x = 42; x", FORKREPL_TRACE="all", FORKREPL_TRACE_FILE="conversation")
    assert (done.stdout, done.stderr, done.returncode) == ("(int) 42\n", "", 0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = lines_of(file.read_text())
    assert {line["channel"] for line in lines} == {"wire", "clang", "codegen"}
    assert len({line["mine"] for line in lines}) == 1
    said = [f"{line['channel']} {line['way']} {line['what']}" for line in lines]
    for begin in (
        'clang <- {"clang":',
        'clang -> {"op":"parse"} | 27 bytes: #line 1 "-c"\\nint x = 42; x',
        'codegen -> {"level":0,"modules":[',
        'codegen <- {"error":null,"unreadable":false} | ',
        "wire -> RUN | 8 bytes: ",
        "wire <- VALUE | ",
        "wire -> RESUME",
        "wire <- EXITING | 4 bytes: \\x00\\x00\\x00\\x00",
    ):
        assert [each for each in said if each.startswith(begin)], begin
    executors = {line["pid"] for line in lines if line["channel"] == "wire"}
    assert len(executors - {"?"}) == 1  # it is not known before it has said so


def test_one_channel_on_standard_error(forkrepl: Run) -> None:
    done = forkrepl("-c", "6 * 7", FORKREPL_TRACE="clang")
    assert done.stdout == "(int) 42\n"
    assert {line["channel"] for line in lines_of(done.stderr)} == {"clang"}


def test_nothing_is_traced_without_being_asked(forkrepl: Run, tmp_path: Path) -> None:
    done = forkrepl("-c", "1", FORKREPL_TRACE_FILE="conversation", FORKREPL_TRACE="")
    assert (done.stderr, done.returncode) == ("", 0)
    assert not (tmp_path / "conversation").exists()


def test_long_and_unprintable_messages(forkrepl: Run, tmp_path: Path) -> None:
    text = "\x1b[31m" + "x" * 50_000
    code = f'const char *text = R"({text})";\n"\\033]0;title\\a"'
    (tmp_path / "code.cpp").write_text(code)
    trace_file = tmp_path / "conversation"
    done = forkrepl("code.cpp", FORKREPL_TRACE="all", FORKREPL_TRACE_FILE=str(trace_file))
    assert done.returncode == 0
    lines = lines_of(trace_file.read_text())
    assert max(len(line[0]) for line in lines) < LONGEST
    assert all(line[0].isprintable() for line in lines)
    assert [line for line in lines if "\\x1b[31mxxx" in line["what"]]


def test_unknown_channel(forkrepl: Run) -> None:
    done = forkrepl("-c", "1", FORKREPL_TRACE="wire,clnag")
    assert done.stderr == (
        "forkrepl: error: FORKREPL_TRACE: there is no 'clnag' to trace: choose of wire, clang, "
        "codegen (several with commas between them), or all\n"
    )
    assert (done.stdout, done.returncode) == ("", 1)


def make_link(path: Path) -> None:
    path.with_name("target").write_text("kept")
    path.symlink_to("target")


OBSTACLES: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (make_link, "it is a link"),
    "folder": (Path.mkdir, "Is a directory"),
    "pipe": (os.mkfifo, "No such device or address"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_is_no_file_is_left_alone(forkrepl: Run, tmp_path: Path, obstacle: str) -> None:
    make, reason = OBSTACLES[obstacle]
    path = tmp_path / "conversation"
    make(path)
    done = forkrepl("-c", "1", FORKREPL_TRACE="all", FORKREPL_TRACE_FILE=str(path))
    assert done.stderr == f"forkrepl: error: FORKREPL_TRACE_FILE: cannot write {path}: {reason}\n"
    assert (done.stdout, done.returncode) == ("", 1)
    if obstacle == "link":
        assert (tmp_path / "target").read_text() == "kept"


@pytest.fixture
def another_setting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Takes the place of the environment's, for the test."""

    def change(channels: str, file: str) -> None:
        monkeypatch.setenv("FORKREPL_TRACE", channels)
        monkeypatch.setenv("FORKREPL_TRACE_FILE", file)
        monkeypatch.setattr(trace, "_setting", trace._setting.__wrapped__)

    return change


def test_a_file_of_somebody_else(
    another_setting: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "theirs"
    path.write_text("")
    another_setting("wire", str(path))
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(WrongTrace, match="is not a file of yours"):
        trace.tracer("wire")
    assert os.listdir("/proc/self/fd") == before


def test_an_older_file_is_appended_to_and_made_private(
    another_setting: Callable[[str, str], None], tmp_path: Path
) -> None:
    path = tmp_path / "mine"
    path.write_text("before\n")
    path.chmod(0o644)
    another_setting("wire codegen", str(path))
    assert trace.tracer("clang") is None
    tracer = trace.tracer("wire")
    assert tracer is not None
    tracer.sent(0, "HELLÖ".encode() + b"\xff", b"1")
    first, second = path.read_text().splitlines()
    assert first == "before"
    assert second.endswith(f" wire {os.getpid()} -> ? HELLÖ\\xff | 1 byte: 1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_disk_changes_nothing() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    trace.Tracer("wire", descriptor).received(1, b"HELLO")
    os.close(descriptor)
