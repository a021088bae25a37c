"""What is named to be installed, on which distribution."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.system_packages import Need, how_to_install, unsupported_system

DISTRIBUTIONS = [
    ('ID=debian\nVERSION_ID="13"\n', "apt-get install g++"),
    ("ID=ubuntu\nID_LIKE=debian\n", "apt-get install g++"),
    ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get install g++"),
    ("NAME='Fedora Linux'\nID=fedora\n", "dnf install gcc-c++"),
    ('ID="almalinux"\nID_LIKE="rhel centos fedora"\n', "dnf install gcc-c++"),
    ("ID=arch\n", "pacman -S gcc"),
    ("ID=manjaro\nID_LIKE=arch\n", "pacman -S gcc"),
    ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "zypper install gcc-c++"),
    ("ID=opensuse-leap\n", "zypper install gcc-c++"),
]
UNKNOWN = "install the C++ library's headers (what Debian calls g++)"


def root_with(folder: Path, text: str, place: str = "etc/os-release") -> Path:
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_text(text)
    return folder


@pytest.mark.parametrize(("text", "expected"), DISTRIBUTIONS)
def test_distributions(tmp_path: Path, text: str, expected: str) -> None:
    assert how_to_install(Need.CXX_HEADERS, root=root_with(tmp_path, text)) == expected


@pytest.mark.parametrize("text", ["", "ID=\n", "ID=plan9\n", 'ID="half\n', "nonsense\n\xff\n"])
def test_unknown_ones(tmp_path: Path, text: str) -> None:
    assert how_to_install(Need.CXX_HEADERS, root=root_with(tmp_path, text)) == UNKNOWN


def test_no_file_at_all(tmp_path: Path) -> None:
    assert how_to_install(Need.CXX_HEADERS, root=tmp_path) == UNKNOWN


def test_the_other_place(tmp_path: Path) -> None:
    root = root_with(tmp_path, "ID=arch\n", "usr/lib/os-release")
    assert how_to_install(Need.DEBUGGER, root=root) == "pacman -S gdb"


@pytest.mark.parametrize("need", Need)
def test_each_need_everywhere(tmp_path: Path, need: Need) -> None:
    for number, (text, _) in enumerate([*DISTRIBUTIONS, ("", "")]):
        command = how_to_install(need, version="14", root=root_with(tmp_path / str(number), text))
        assert " " in command
        assert "{" not in command


def test_a_library_of_one_gcc(tmp_path: Path) -> None:
    root = root_with(tmp_path, "ID=debian\n")
    command = how_to_install(Need.CXX_HEADERS_OF_GCC, version="14", root=root)
    assert command == "apt-get install libstdc++-14-dev"


def test_musl_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    why = unsupported_system(root_with(tmp_path, "ID=alpine\n"))
    assert "glibc" in why
    assert "alpine has musl" in why
    assert unsupported_system(root_with(tmp_path / "other", "ID=debian\n")) == ""
