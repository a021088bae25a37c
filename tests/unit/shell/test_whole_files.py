"""Files that commands write: nothing half written is left, and nothing lost."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repl.commands.whole_files import write_whole


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may be longer than three bytes (setrlimit(2))."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_new_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "new", "text \udcff", replaces=False)
    assert (tmp_path / "new").read_bytes() == b"text \xff"
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "new", "other", replaces=False)


def test_another_content(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_whole(link, "new", replaces=True)
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


@pytest.mark.parametrize("replaces", [False, True])
def test_a_full_disk(tmp_path: Path, replaces: bool) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    for path in [new, old][: 1 + replaces]:
        with full_disk(), pytest.raises(OSError, match="File too large"):
            write_whole(path, "long text", replaces=replaces)
    assert os.listdir(tmp_path) == ["old"]
    assert old.read_text() == "old"


def test_a_device() -> None:
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(Path("/dev/full"), "text", replaces=True)
    write_whole(Path("/dev/null"), "text", replaces=True)
