"""Folders that go with their process, also if it is killed."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repl.temporary_folders import TemporaryFolder

_HOLDER = """
import sys, tempfile
from repl.temporary_folders import TemporaryFolder
tempfile.tempdir = sys.argv[1]
held = TemporaryFolder("test")
(held.path / "file").write_text("x")
print(held.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@contextmanager
def another_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """One that has made a folder, and its path."""
    command = [sys.executable, "-c", _HOLDER, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_it_is_private_and_goes_when_it_is_left(tmp_path: Path) -> None:
    with TemporaryFolder("test") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_to_remove_it_twice_does_no_harm(tmp_path: Path) -> None:
    made = TemporaryFolder("test")
    made.remove()
    with TemporaryFolder("test") as other:
        made.remove()
        assert list(tmp_path.iterdir()) == [other]


def test_what_a_living_process_has_stays(tmp_path: Path) -> None:
    with another_process(tmp_path) as (_, theirs), TemporaryFolder("test"), TemporaryFolder("test"):
        assert len(list(tmp_path.iterdir())) == 3
        assert (theirs / "file").exists()


def test_what_a_killed_process_had_goes(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, theirs):
        process.kill()
        process.wait()
        assert theirs.exists()
        with TemporaryFolder("other"):
            assert theirs.exists()
        with TemporaryFolder("test") as ours:
            assert list(tmp_path.iterdir()) == [ours]


def test_links_and_files_of_such_names_are_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    link, file = tmp_path / "forkrepl-test-link", tmp_path / "forkrepl-test-file"
    link.symlink_to(kept)
    file.write_text("x")
    with TemporaryFolder("test"):
        assert (kept / "file").exists()
        assert link.is_symlink()
        assert file.exists()


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with TemporaryFolder("test") as one, TemporaryFolder("test") as other:
        assert sorted(tmp_path.iterdir()) == sorted([one, other])
    assert list(tmp_path.iterdir()) == []
