"""``make bench ARGS=installation``: the wheel beside the clang-repl of Debian 12, each in a bare
root: size, time to install, time to the first ``1+1``. Needs root, and ``make wheel``.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from pathlib import Path

from msgspec import Struct

from tests.support.roots import HOME, Root, cannot_be_made, mirror, unpack

_SUITE = "bookworm"
_UPDATES = "bookworm-security"  # where Debian 12 has LLVM 22
_HEADERS = "libstdc++-12-dev"
_CLANG_REPL = "clang-tools-22"
_DIST = Path(__file__).resolve().parents[2] / "dist"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# Runs in the root: entering it takes time, too.
_TIMER = """
import json, resource, statistics, subprocess, sys, time
def once(command, text):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    took = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "(int) 2" in done.stdout, done
    return took, sum(after[:2]) - sum(before[:2])
runs = int(sys.argv[1])
commands = {name: (words, text) for name, words, text in json.loads(sys.argv[2])}
first = {name: once(*command) for name, command in commands.items()}
rounds = [{name: once(*command) for name, command in commands.items()} for _ in range(runs)]
print(json.dumps({name: [first[name][0], *map(statistics.median,
    zip(*(each[name] for each in rounds)))] for name in commands}))
"""


class Part(Struct):
    """What is installed: MiB that are downloaded, and on disk, and the seconds that both take."""

    name: str
    downloaded: float
    installed: float
    seconds: tuple[float, float]


def benchmark(runs: int) -> None:
    """Print two tables."""
    wheels = sorted(_DIST.glob("forkrepl-*.whl"))
    if why := cannot_be_made() or ("" if wheels else "make wheel has to be run first"):
        print(f"installation: {why}")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = unpack(_SUITE, Path(folder))
        updates = f"deb {mirror()}-security {_UPDATES} main\n"
        (root.path / "etc/apt/sources.list.d/updates.list").write_text(updates)
        root.check("apt-get", "update", "--quiet", user="")
        parts = [
            _by_pip(root, wheels[-1]),
            _by_apt(root, _HEADERS),
            _by_apt(root, _CLANG_REPL),
        ]
        _print_parts(parts)
        _print_first_inputs(root, runs)


def _by_pip(root: Root, wheel: Path) -> Part:
    (root.path / HOME[1:] / wheel.name).write_bytes(wheel.read_bytes())
    root.check("python3", "-m", "venv", "venv")
    began, before = time.monotonic(), _size(root)
    pip = ("venv/bin/pip", "--quiet", "--no-cache-dir")
    root.check(*pip, "download", "--dest", "packages", f"./{wheel.name}", PIP_CERT=_CERTIFICATES)
    fetched, between = time.monotonic(), _size(root)
    root.check(*pip, "install", "--no-index", "--find-links", "packages", f"./{wheel.name}")
    ended, after = time.monotonic(), _size(root)
    return Part("forkrepl", between - before, after - between, (fetched - began, ended - fetched))


def _by_apt(root: Root, package: str) -> Part:
    """Its packages; those that are there already do not count."""
    command = ("apt-get", "install", "--quiet", "-y", "--no-install-recommends", package)
    began = time.monotonic()
    told = root.check(*command, "--download-only", user="")
    fetched, before = time.monotonic(), _size(root)
    root.check(*command, user="")
    ended, after = time.monotonic(), _size(root)
    found = re.search(r"Need to get ([\d,.]+) ([kM])B", told)
    assert found is not None, told
    downloaded = float(found[1].replace(",", "")) * {"k": 1e3, "M": 1e6}[found[2]] / (1 << 20)
    return Part(package, downloaded, after - before, (fetched - began, ended - fetched))


def _size(root: Root) -> float:
    """MiB of all files; packages that apt has fetched do not count."""
    told = root.check("du", "-s", "--block-size=1K", "-x", "/usr", "/etc", HOME, user="")
    return sum(int(line.split()[0]) for line in told.splitlines()) / 1024


def _print_parts(parts: list[Part]) -> None:
    print("| package | download, MiB | on disk, MiB | download, s | install, s |")
    print("| --- | --- | --- | --- | --- |")
    for part in parts:
        times = " | ".join(f"{seconds:.0f}" for seconds in part.seconds)
        print(f"| {part.name} | {part.downloaded:.0f} | {part.installed:.0f} | {times} |")


def _print_first_inputs(root: Root, runs: int) -> None:
    program = _CLANG_REPL.replace("tools", "repl")
    commands = [("forkrepl", ["forkrepl", "-c", "1+1"], ""), (program, [program], "1+1\n")]
    told = root.check("python3", "-c", _TIMER, str(runs), json.dumps(commands))
    print("\n| s | the very first | later (median) | processor time |")
    print("| --- | --- | --- | --- |")
    for name, times in json.loads(told).items():
        print(f"| {name} | " + " | ".join(f"{seconds:.2f}" for seconds in times) + " |")
