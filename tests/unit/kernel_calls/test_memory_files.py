"""Files in memory, and what comes closest to them where the kernel refuses such."""

from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

import pytest

from runtime.kernel_calls import memory_files
from runtime.kernel_calls.memory_files import (
    can_share,
    create_memory_file,
    create_shared_memory,
)

BIG = 1 << 20


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Have memfd_create(2) fail with this error."""

    def fail(_name: str, _flags: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "memfd_create", fail)


@pytest.mark.parametrize("number", [0, errno.ENOSYS, errno.EPERM])
def test_a_file_that_has_no_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    monkeypatch.setattr(memory_files, "_folders", lambda: iter([str(tmp_path)]))
    if number:
        refuse(monkeypatch, number)
    assert can_share() == (number == 0)
    descriptor = create_memory_file("forkrepl-test")
    assert not os.get_inheritable(descriptor)
    assert os.listdir(tmp_path) == []
    os.write(descriptor, b"text")
    assert os.pread(descriptor, 10, 0) == b"text"
    os.close(descriptor)
    shared = create_shared_memory("forkrepl-test", BIG)
    assert os.fstat(shared).st_size == BIG
    if number:  # all of it is there, and not only promised
        assert os.fstat(shared).st_blocks * 512 >= BIG
    with mmap.mmap(shared, BIG) as view:
        assert view[:] == bytes(BIG)
        view[-1] = 7
    assert os.pread(shared, 1, BIG - 1) == b"\x07"
    os.close(shared)
    assert os.listdir(tmp_path) == []


def test_no_folder_either(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refuse(monkeypatch, errno.EPERM)
    monkeypatch.setattr(memory_files, "_folders", lambda: iter([str(tmp_path / "nowhere")]))
    told = r"memfd_create\(2\).*no folder.*TMPDIR"
    with pytest.raises(OSError, match=told):
        create_memory_file("forkrepl-test")
    with pytest.raises(OSError, match=told):
        create_shared_memory("forkrepl-test", BIG)


def test_no_descriptor_is_no_reason_for_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EMFILE)
    assert can_share()
    with pytest.raises(OSError, match="Too many open files"):
        create_memory_file("forkrepl-test")


def test_what_is_sealed_against_being_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As vm.memfd_noexec=2 wants it, in some versions of Linux."""
    create = os.memfd_create

    def only_sealed(name: str, flags: int) -> int:
        if flags == os.MFD_CLOEXEC:
            raise PermissionError(errno.EACCES, "Permission denied")
        return create(name, os.MFD_CLOEXEC)

    monkeypatch.setattr(os, "memfd_create", only_sealed)
    assert can_share()
