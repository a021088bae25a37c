"""What stands before a command to have it run on a machine that lacks something."""

from __future__ import annotations

import subprocess

import pytest


def with_limits(*options: str) -> list[str]:
    """With limits, as ``ulimit`` of a shell takes them: ``-n 20``."""
    return ["sh", "-c", "".join(f"ulimit {each}; " for each in options) + 'exec "$@"', "sh"]


def without(folder: str) -> list[str]:
    """With an empty folder in this one's place; skips the test where that cannot be had."""
    hiding = f'mount -t tmpfs none {folder} && exec "$@"'
    for options in (["--mount"], ["--mount", "--map-root-user"]):
        wrapper = ["unshare", *options, "sh", "-c", hiding, "sh"]
        try:
            if subprocess.run([*wrapper, "true"], capture_output=True).returncode == 0:
                return wrapper
        except OSError:
            break
    pytest.skip(f"{folder} cannot be hidden here: unshare(1) is missing, or not allowed to")


def without_proc() -> list[str]:
    """With nothing mounted at /proc."""
    return without("/proc")
