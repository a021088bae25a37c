"""What is kept between sessions is in folders of the user's alone, and nobody else's things are
touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run

NOTHING_MASKED = ["sh", "-c", 'umask 0; exec "$@"', "sh"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def nothing_masked() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def _run_program(forkrepl: Run, home: Path) -> None:
    """One that is kept in the cache."""
    (home.parent / "program.cpp").write_text("int main() { }\n")
    cache = str(home / ".cache")
    done = forkrepl("program.cpp", wrapper=NOTHING_MASKED, XDG_CACHE_HOME=cache)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_of_the_cache(forkrepl: Run, home: Path) -> None:
    _run_program(forkrepl, home)
    folders = [path for path in home.rglob("*") if path.is_dir()]
    assert {path.name for path in folders} >= {".cache", "forkrepl", "programs"}
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in folders)
    assert any(path.is_file() for path in home.rglob("programs/*"))


@pytest.mark.usefixtures("nothing_masked")
def test_of_the_history(open_shell: OpenShell, home: Path) -> None:
    shell = open_shell("--quiet")
    shell.run("int typed = 1;")
    assert shell.leave() == 0
    state = home / ".local" / "state" / "forkrepl"
    for folder in (state, *state.parents[:2]):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (state / "history").stat().st_mode & 0o777 == 0o600


def test_a_link_is_no_cache(forkrepl: Run, home: Path) -> None:
    """What it leads to keeps all that is in it, whatever that is called."""
    precious = home / "precious"
    (home / ".cache").mkdir()
    (home / ".cache" / "forkrepl").symlink_to(precious)
    for folder in ("programs", "instances", "scripts", "."):
        (precious / folder).mkdir(parents=True, exist_ok=True)
        for name in ("making-1", "making-1.pch", f"{'a' * 32}.pch", "a" * 32, "letters"):
            (precious / folder / name).write_text("mine")
            os.utime(precious / folder / name, (0, 0))
    before = sorted(precious.rglob("*"))
    _run_program(forkrepl, home)
    done = forkrepl("--build-cache", XDG_CACHE_HOME=str(home / ".cache"))
    assert done.returncode == 1
    reason = "others can write to it, it is not yours, or it is a symbolic link"
    assert done.stderr == (
        f"forkrepl: error: cannot fill the cache: {home}/.cache/forkrepl: {reason}\n"
    )
    assert sorted(precious.rglob("*")) == before
    # Neither is a link within a cache.
    (home / ".cache" / "forkrepl").unlink()
    (home / ".cache" / "forkrepl").mkdir(mode=0o700)
    (home / ".cache" / "forkrepl" / "programs").symlink_to(precious / "programs")
    _run_program(forkrepl, home)
    assert sorted(precious.rglob("*")) == before


def test_a_folder_of_another_name_may_be_one(forkrepl: Run, home: Path) -> None:
    """That all caches are elsewhere is the user's wish."""
    (home / "disk").mkdir(mode=0o700)
    (home / ".cache").symlink_to(home / "disk")
    _run_program(forkrepl, home)
    assert any((home / "disk" / "forkrepl" / "programs").iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in somebody else's home")
def test_root_leaves_nothing_in_a_home_of_somebody_else(
    forkrepl: Run, open_shell: OpenShell, home: Path
) -> None:
    os.chown(home, 65533, 65533)
    _run_program(forkrepl, home)
    shell = open_shell()
    assert "history is not kept: " in shell.greeting
    assert "root makes no folder in one of another user" in shell.greeting
    assert shell.run("1 + 1") == "(int) 2\n"
    assert shell.leave() == 0
    assert list(home.iterdir()) == []
