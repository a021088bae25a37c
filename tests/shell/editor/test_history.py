"""The history file: kept, shared, and whatever may be wrong with it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from repl.editor.history import (
    FileInputHistory,
    InputHistory,
    history_path,
    load_history,
    open_history,
)
from repl.editor.options import PromptOptions
from tests.support.editor import EditorTerminal


def refused(error: OSError) -> None:
    raise error


def test_what_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "history"
    history = open_history(path, refused)
    for text in ("int x;", "int f() {\n\n}", " secret", "", "  ", "+1\n# no comment", "\udcff"):
        history.append_string(text)
    kept = ["int x;", "int f() {\n\n}", "+1\n# no comment"]
    assert load_history(path) == [*kept, "?"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(history.get_strings())[:3] == kept


def test_sessions_at_once_append(tmp_path: Path) -> None:
    path = tmp_path / "history"
    sessions = [FileInputHistory(path, refused) for _ in range(3)]
    for number in range(10):
        for name, session in enumerate(sessions):
            session.append_string(f"line {number}\nof {name}")
    assert len(load_history(path)) == 30
    assert load_history(path)[:2] == ["line 0\nof 0", "line 0\nof 1"]


@pytest.mark.parametrize(
    ("content", "inputs"),
    [
        (b"", []),
        (b"\n# now\n+int x;\n", ["int x;"]),
        (b"+int x;", ["int x;"]),
        (b"\n# now\n+\xff\xfe\n", ["\N{REPLACEMENT CHARACTER}" * 2]),
        (b"\x00\x01 nothing\n\n+a\n\x00\n+b\n", ["a", "b"]),
        (b"\n# t\n+" + b"x" * (3 << 20) + b"\n\n# t\n+last\n", ["last"]),
        (b"".join(b"\n# t\n+line %07d\n" % n for n in range(200_000)), None),
    ],
    ids=["empty", "one", "cut", "not-utf8", "corrupt", "long-input", "huge"],
)
def test_contents(tmp_path: Path, content: bytes, inputs: list[str] | None) -> None:
    path = tmp_path / "history"
    path.write_bytes(content)
    loaded = load_history(path)
    if inputs is not None:
        assert loaded == inputs
        return
    assert loaded[-1] == "line 0199999"
    assert 50_000 < len(loaded) < 200_000
    assert all(len(line) == len(loaded[-1]) for line in loaded)


def test_a_history_for_each_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common = tmp_path / "state" / "history"
    for folder in ("one/.git", "one/src", "two"):
        (tmp_path / folder).mkdir(parents=True)

    def path_in(folder: str, per_project: bool = True) -> Path | None:
        monkeypatch.chdir(tmp_path / folder)
        options = PromptOptions(history_file=common, per_project_history=per_project)
        return history_path(options)

    assert path_in("one", per_project=False) == common
    assert path_in("one") == path_in("one/src")
    assert path_in("one") != path_in("two")
    path = path_in("one")
    assert path is not None
    assert path.is_relative_to(common.parent)  # never in the project itself
    assert history_path(PromptOptions(per_project_history=True)) is None


def test_failures_are_told(tmp_path: Path) -> None:
    pipe, folder, below = tmp_path / "pipe", tmp_path / "folder", tmp_path / "file" / "history"
    os.mkfifo(pipe)
    folder.mkdir()
    below.parent.write_text("")
    for path in (folder, pipe, below):
        told: list[OSError] = []
        open_history(path, told.append).append_string("kept in memory")
        assert len(told) == 1


def test_a_failure_is_one_message(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path, "--history-file", str(tmp_path)) as terminal:
        terminal.wait_for("history is not kept")
        terminal.wait_for_prompt(1)
        assert terminal.text.count("history is not kept") == 1
        assert "directory" in terminal.text.replace("\n", "")
        terminal.type("int kept = 1;")
        terminal.key("enter")
        terminal.wait_for_prompt(2)
        terminal.key("up")
        terminal.wait_for_prompt(2, "int kept = 1;")


def test_a_file_that_goes_bad_is_told_once(tmp_path: Path) -> None:
    told: list[OSError] = []
    path = tmp_path / "history"
    history = open_history(path, told.append)
    path.unlink()
    path.mkdir()
    history.append_string("one")
    assert len(told) == 1
    assert isinstance(history, InputHistory)
    assert history.newest_first == ["one"]


def test_consecutive_duplicates_are_kept_once(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path, "--history-file", "history") as terminal:
        for number, text in enumerate(("int a = 1;", "a", "a", " a", "a"), 1):
            terminal.wait_for_prompt(number)
            terminal.type(text)
            terminal.key("enter")
        terminal.wait_for_prompt(6)
    assert load_history(tmp_path / "history") == ["int a = 1;", "a"]
