"""A developer's installation is laid out as a wheel is."""

from __future__ import annotations

from repl.clang.library_headers import find_headers
from repl.native_programs import frontend


def test_clangs_headers_are_beside_the_frontend() -> None:
    found = find_headers([], "c++")
    assert found is not None
    assert found.resource_folder == str(frontend().parent / "clang")
    assert (frontend().parent / "clang" / "include" / "stddef.h").is_file()
