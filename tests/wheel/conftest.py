"""What tests of the wheel share: the wheel, and roots of Debian to install it into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.roots import Root, cannot_be_made, install, skip_or_fail, unpack


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that ``make wheel`` has made."""
    name = os.environ.get("FORKREPL_TESTED_WHEEL")
    if not name:
        pytest.skip("'make test-wheel' runs this: it makes the wheel first")
    return Path(name).resolve(strict=True)


@pytest.fixture(scope="session")
def roots_are_possible(wheel: Path) -> None:
    """Skips what needs a root where none can be made."""
    if why := cannot_be_made():
        skip_or_fail(why)


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def bare(
    request: pytest.FixtureRequest,
    wheel: Path,
    roots_are_possible: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Root:
    """A bare Debian 12 and a bare Debian 13, with the wheel installed by a user, and no header of
    any library."""
    root = unpack(request.param, tmp_path_factory.mktemp(request.param))
    install(root, wheel)
    return root


@pytest.fixture(scope="module")
def complete(bare: Root) -> Root:
    """The same, with the C++ library's headers. Tests of ``bare`` come before those of this."""
    root = bare
    root.check("apt-get", "update", "--quiet", user="")
    wanted = "libstdc++-12-dev" if "bookworm" in root.path.name else "libstdc++-14-dev"
    root.check("apt-get", "install", "-y", "--no-install-recommends", wanted, user="")
    return root
