"""The steps of examples/Dockerfile, in a root of the Debian that it begins with."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.support.program import EXAMPLES
from tests.support.roots import Root, unpack

SUITES = {"debian:13-slim": "trixie"}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def steps() -> list[tuple[str, str]]:
    """The words that lines begin with, and what follows them."""
    text = re.sub(r"\\\n\s*", "", (EXAMPLES / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


class Container:
    """What docker would make of the steps."""

    def __init__(self, root: Root, wheel: Path) -> None:
        self.root = root
        self._wheel = wheel
        self._is_root = True
        self._folder = "/"
        self.program: list[str] = []

    def do(self, word: str, rest: str) -> None:
        if word == "RUN":
            self.run("sh", "-ec", rest)
        elif word == "USER":
            self._is_root = rest == "root"
        elif word == "WORKDIR":
            self._folder = rest
        elif word == "COPY":
            pattern, target = rest.split()
            assert Path("dist", self._wheel.name).match(pattern)
            shutil.copy(self._wheel, self.root.path / target[1:])
        elif word == "ENTRYPOINT":
            self.program = json.loads(rest)
        else:
            pytest.fail(f"{word} is not known here")

    def run(self, *command: str) -> str:
        inside = ("env", "-C", self._folder, *command)
        if self._is_root:
            return self.root.check(*inside, user="")
        return self.root.check(*inside, PIP_CERT=CERTIFICATES)


def test_dockerfile(
    wheel: Path, roots_are_possible: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, *others = steps()
    assert first[0] == "FROM"
    root = unpack(SUITES[first[1]], tmp_path_factory.mktemp("container"), user=None)
    container = Container(root, wheel)
    for word, rest in others:
        container.do(word, rest)
    includes = ("-c", "#include <vector>\nstd::vector<int>{1, 2}")
    assert container.run(*container.program, "-c", "1 + 1") == "(int) 2\n"
    shown = container.run(*container.program, *includes)
    assert shown == "(std::vector<int>) { 1, 2 }\n"
