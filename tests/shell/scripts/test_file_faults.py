"""Each row of ``tables/file_faults.py`` ends as it should, whatever has been kept of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.leaks import MARK, living, wait_for
from tests.support.program import Run, program_runner, user_environment
from tests.tables.file_faults import FILES, HEADERS, FileFault


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Path]]:
    """One folder and one cache for all; nothing runs any more at the end."""
    folder = tmp_path_factory.mktemp("files")
    mark = uuid.uuid4().hex
    (folder / "headers.h").write_text(HEADERS)
    yield program_runner(user_environment(folder) | {MARK: mark}, folder), folder
    assert wait_for(lambda: not living(mark), 60)  # the builder of headers outlives its program


@pytest.mark.parametrize("row", FILES, ids=lambda row: row.name)
def test_file(run: tuple[Run, Path], row: FileFault) -> None:
    forkrepl, folder = run
    (folder / f"{row.name}.cpp").write_text(f'#include "headers.h"\n{row.text}')
    ways = ["compiled", "kept"] if row.is_program else ["compiled", "kept", "one by one"]
    for way in ways:
        wrapper = ("env", "FORKREPL_JOIN=1") if way == "one by one" else ()
        result = forkrepl(f"{row.name}.cpp", wrapper=wrapper)
        assert (way, result.stdout, result.returncode) == (way, row.output, row.status)
        assert row.told in result.stderr, way
        assert row.told or not result.stderr, way
