"""Bare roots of Debian, in which an ordinary user runs what a wheel has installed.

A root is made once by mmdebstrap, from the mirror that this machine uses, and kept in
``build/roots``; each use unpacks it. Needs root, as CI has it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.program import EXAMPLES, Completed, Run

KEPT = Path(__file__).resolve().parents[2] / "build" / "roots"
HOME = "/home/user"
_USER = "1000:1000"
_PATIENCE = 600  # s: a mirror that is slow
_MIRROR = re.compile(r"^(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S+/debian)/?(?:\s|$)", re.MULTILINE)
# What is mounted goes with the command; so does all that it leaves behind.
_ENTER = """\
mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs none "$0/tmp" &&
exec chroot "$@"
"""
_BARE = ("python3", "python3-venv", "ca-certificates")


def cannot_be_made() -> str:
    """Why no root can be had here; empty if there can be."""
    for program in ("mmdebstrap", "unshare", "chroot"):
        if shutil.which(program) is None:
            return f"{program} is not installed (.ci/setup --for-wheel)"
    if os.geteuid() != 0:
        return "only root may make a root of Debian"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True)
    return tried.stderr.decode().strip() if tried.returncode else ""


def skip_or_fail(why: str) -> None:
    """Skip a test. CI must have what it needs."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must be able to run this, but: {why}")
    pytest.skip(why)


class Root:
    """A root that has been unpacked at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def command(
        self, *command: str, user: str = _USER, folder: str = HOME, **environment: str
    ) -> list[str]:
        """What runs a command in it; as root if ``user`` is empty."""
        variables = {
            "HOME": HOME if user else "/root",
            "PATH": f"{HOME}/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "DEBIAN_FRONTEND": "noninteractive",
        } | environment
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("sh", "-c", _ENTER, str(self.path)),
            *([f"--userspec={user}"] if user else []),
            *(str(self.path), "env", "-i", "-C", folder if user else "/"),
            *(f"{name}={value}" for name, value in variables.items()),
            *command,
        ]

    def run(
        self,
        *command: str,
        user: str = _USER,
        input: str | None = None,
        timeout: float = _PATIENCE,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it to its end."""
        return subprocess.run(
            self.command(*command, user=user, **environment),
            input="" if input is None else input,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def check(
        self, *command: str, user: str = _USER, timeout: float = _PATIENCE, **environment: str
    ) -> str:
        """The same; what it prints, if it succeeds."""
        result = self.run(*command, user=user, timeout=timeout, **environment)
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
        return result.stdout


def unpack(suite: str, folder: Path, user: str | None = "user") -> Root:
    """A fresh root of a release of Debian, with Python, a user and nothing to develop with."""
    kept = _kept(suite)
    subprocess.run(["tar", "-xf", kept, "-C", folder, "--exclude=./dev/*"], check=True)
    root = Root(folder)
    # The registry's packages are had as the machine itself has them.
    for name in ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt"):
        shutil.copyfile(f"/{name}", folder / name)
    if user is not None:
        root.check("useradd", "--create-home", user, user="")
    return root


def _kept(suite: str) -> Path:
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{suite}.tar"
    if not kept.exists():
        made = KEPT / f"{suite}.{os.getpid()}.tar"
        _run(
            "mmdebstrap",
            "--variant=minbase",
            # A mirror may be as it was some time ago, which a release in the making says of itself.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            f"--include={','.join(_BARE)}",
            suite,
            made,
            mirror(),
        )
        made.rename(kept)
    return kept


def _run(*command: str | Path) -> None:
    result = subprocess.run(command, capture_output=True, text=True, timeout=2 * _PATIENCE)
    assert result.returncode == 0, result.stderr[-3000:]


def mirror() -> str:
    """Where this machine has its packages from."""
    places = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for place in places:
        if place.is_file() and (found := _MIRROR.search(place.read_text(errors="replace"))):
            return found[1]
    return "http://deb.debian.org/debian"


def install(
    root: Root, wheel: Path, extras: Sequence[str] = (), besides: Sequence[str] = ()
) -> None:
    """Install a wheel as a user does: into an environment of one's own, by pip. ``besides``:
    what the registry has."""
    shutil.copy(wheel, root.path / HOME[1:] / wheel.name)
    wanted = f"./{wheel.name}" + (f"[{','.join(extras)}]" if extras else "")
    if not (root.path / HOME[1:] / "venv").exists():
        root.check("python3", "-m", "venv", "venv")
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    root.check("venv/bin/pip", "install", "--quiet", wanted, *besides, PIP_CERT=certificates)


def installed_program(root: Root) -> Run:
    """Runs the installed program in a root, as ``program_runner`` runs that of the checkout;
    files of ``examples/`` are there, too."""
    shutil.copytree(EXAMPLES, root.path / HOME[1:] / "examples", dirs_exist_ok=True)

    def run(
        *arguments: str | Path,
        input: str | bytes | None = None,
        timeout: float = _PATIENCE,
        wrapper: Sequence[str] = (),
        **changes: str,
    ) -> Completed:
        words = [str(each).replace(str(EXAMPLES), f"{HOME}/examples") for each in arguments]
        text = input.decode() if isinstance(input, bytes) else input
        command = [*wrapper, "forkrepl", *words]
        result = root.run(*command, input=text, timeout=max(timeout, 120), **changes)
        assert "Traceback" not in result.stderr, result.stderr
        assert "internal error" not in result.stderr, result.stderr
        return result

    return run
