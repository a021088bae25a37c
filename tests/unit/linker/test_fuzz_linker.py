"""What fuzzing the linker rests on; a short run of it is in ``tests/unit/test_fuzzing.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.mutations import SetField, structure
from tests.fuzz.pipeline import Case, outcome_of
from tests.fuzz.samples import Sample, all_samples, write_files


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return all_samples()


def test_samples_link_as_they_are(samples: list[Sample], tmp_path: Path) -> None:
    """So what fails is the damage."""
    for sample in samples:
        folder = tmp_path / sample.name
        write_files(sample, folder)
        outcomes = [
            outcome_of(Case(folder, sample.inputs, sample.whole_archive, has_symbols))
            for has_symbols in (True, False)
        ]
        assert outcomes[0] == "linked", sample.name
        assert outcomes[1] in ("linked", "UndefinedSymbolsError"), sample.name


def test_fields_are_changed_where_they_are(samples: list[Sample]) -> None:
    """To set a field to what it is changes nothing."""
    for sample in samples:
        data = sample.files[sample.target]
        for kind, fields in structure(data).fields.items():
            for field in fields[:3]:
                if field.form != "text":
                    assert SetField(field, kind, 0, True).apply(data) == data, kind
                    assert SetField(field, kind, 1, True).apply(data) != data, kind
