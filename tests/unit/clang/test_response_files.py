"""``@FILE`` on a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.clang.options.response_files import split_words
from repl.command_line.arguments import parse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \n\t ", []),
        ("-w\n-O2  -g", ["-w", "-O2", "-g"]),
        ('-I"a b" \'c d\'e', ["-Ia b", "c de"]),
        ("'' \"\"", ["", ""]),
        ("a\\ b c\\\\d", ["a b", "c\\d"]),
        ("-DX=\\\"q\\\"", ['-DX="q"']),
        ("'it\\'s' \"a\\\"b\"", ["it's", 'a"b']),
        ("end\\", ["end\\"]),
        ("'open", ["open"]),
    ],
)  # fmt: skip
def test_words_are_quoted_as_llvm_has_it(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("-DA @b -DC")
    Path("b").write_text("-DB")
    Path("itself").write_text("-DX @itself")
    Path("value").write_text("dir")
    Path("ours").write_text('\ufeff-c "1 + 1"', encoding="utf-8")
    Path("file").write_text("-DA main.cpp x")


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["@a", "-w"], ["-DA", "-DB", "-DC", "-w"]),
        (["@b", "@b"], ["-DB", "-DB"]),
        (["-isystem", "@value"], ["-isystem", "dir"]),
        (["--Xcc=-DN", "@b"], ["-DN", "-DB"]),
    ],
)
def test_the_words_take_the_place_of_the_name(words: list[str], flags: list[str]) -> None:
    assert parse([*words, "-c", "1"]).compiler_flags == flags


def test_what_ends_the_options_may_be_in_it() -> None:
    line = parse(["@file", "@a"])
    assert (line.compiler_flags, line.file, line.arguments) == (["-DA"], "main.cpp", ["x", "@a"])
    assert parse(["@ours", "@a"]).code == "1 + 1"


def test_a_file_that_is_not_there_is_a_name() -> None:
    assert parse(["@nosuch"]).file == "@nosuch"


def test_a_file_that_names_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["@itself"])
    assert "@itself: the file names itself" in capsys.readouterr().err
